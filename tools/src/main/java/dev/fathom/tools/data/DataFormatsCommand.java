package dev.fathom.tools.data;

import dev.fathom.training.data.sets.DatasetFormat;
import dev.fathom.training.data.sets.DatasetFormats;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fathom data formats}: the names and settings that {@code --dataset} takes. */
@Command(name = "formats", mixinStandardHelpOptions = true,
    description = "List the data sets that can be read, by the name that --dataset NAME:PATH,key=value takes.")
final class DataFormatsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (DatasetFormat format : DatasetFormats.all()) {
            out.println(format.name() + ": " + format.description());
            format.settings().forEach((key, values) -> out.println("    " + key + "=  " + values));
        }
        out.println("Where train mixes several data sets, each takes weight=W too: its share of an epoch is W of the"
            + " sum of all weights.");
        return 0;
    }
}
