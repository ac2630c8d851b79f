package dev.fathom.tools.data;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fathom data}: what concerns data sets. */
@Command(name = "data", mixinStandardHelpOptions = true,
    subcommands = {DataInfoCommand.class, DataDoctorCommand.class, DataFormatsCommand.class},
    description = "Data sets: which can be read, what one holds, what is wrong with it.", synopsisSubcommandLabel = "COMMAND")
public final class DataCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "'fathom data' needs a command: "
            + String.join(" or ", spec.subcommands().keySet()) + ".");
    }
}
