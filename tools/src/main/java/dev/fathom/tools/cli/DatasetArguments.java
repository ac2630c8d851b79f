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
            "A data set as its authors distribute it, perhaps with settings: kitti:/data/kitti,list=eigen.txt. 'fathom"
            + " data formats' lists names and settings. For train it may be given several times, with weight=W each to"
            + " say how much of an epoch a set gets.")
    private List<DatasetText> datasets;

    /** What was asked for; a wrong call unless exactly one data set was given, by either option. */
    public DatasetText text(CommandSpec command) {
        List<DatasetText> all = texts(command);
        WrongCall.unless(all.size() == 1, command, "--dataset is given " + all.size()
                + " times, but this command reads one data set; give one.");
        return all.getFirst();
    }

    /** The same where several may be mixed: weights for all of them, or none. */
    public List<DatasetText> texts(CommandSpec command) {
        if (data == null && datasets == null) {
            List<ArgSpec> either = new ArrayList<>(List.of(command.findOption("--data"),
                    command.findOption("--dataset")));
            throw new MissingParameterException(command.commandLine(), either,
                    "Missing required option: '--data=DIR' or '--dataset=NAME:PATH'");
        }
        WrongCall.unless(data == null || datasets == null, command,
                "--data and --dataset exclude each other; give one of them.");
        List<DatasetText> all = data != null ? List.of(DatasetText.ofFolder(data)) : datasets;
        requireDistinct(command, "--dataset", all);
        long weighted = all.stream().filter(text -> text.spec().weight().isPresent()).count();
        WrongCall.unless(weighted == 0 || all.size() > 1, command,
                "--dataset has weight=, but there is one data set only, which gets all of an epoch; leave it out.");
        WrongCall.unless(weighted == 0 || weighted == all.size(), command,
                "--dataset has weight= for " + weighted + " of " + all.size()
                + " data sets; give it for each, or for none.");
        return all;
    }

    /** A wrong call if a data set is there twice: its frames would be counted twice. */
    public static void requireDistinct(CommandSpec command, String option, List<DatasetText> all) {
        WrongCall.unless(all.stream().map(text -> text.absolute().withoutWeight()).distinct().count() == all.size(),
                command, option + " names the same data set twice; give each one once.");
    }
}
