package dev.fathom.tools.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which data set: the options that all commands share that read one. */
public final class DatasetArguments {
    @Option(names = "--data", paramLabel = "DIR", description =
            "A folder of .h5 frames in NYU's layout (rgb, depth), searched with its subfolders; short for --dataset"
            + " nyu-h5:DIR.")
    private Path data;

    @Option(names = "--dataset", paramLabel = "NAME:PATH", converter = DatasetText.Named.class, description =
            "A data set as its authors distribute it, perhaps with settings: kitti:/data/kitti,list=eigen.txt. 'fathom data"
            + " formats' lists names and settings.")
    private DatasetText dataset;

    /** What was asked for; a wrong call unless exactly one of the two options was given. */
    public DatasetText text(CommandSpec command) {
        if (data == null && dataset == null) {
            List<ArgSpec> either = new ArrayList<>(List.of(command.findOption("--data"),
                    command.findOption("--dataset")));
            throw new MissingParameterException(command.commandLine(), either,
                    "Missing required option: '--data=DIR' or '--dataset=NAME:PATH'");
        }
        WrongCall.unless(data == null || dataset == null, command,
                "--data and --dataset exclude each other; give one of them.");
        return data != null ? DatasetText.ofFolder(data) : dataset;
    }
}
