package dev.fathom.tools.gpu;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fathom kernels}: GPU kernels on the emulated GPU. */
@Command(name = "kernels", mixinStandardHelpOptions = true, subcommands = {KernelsCheckCommand.class},
    description = "GPU kernels: find their bugs without a GPU.", synopsisSubcommandLabel = "COMMAND")
public final class KernelsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "'fathom kernels' needs a command: check.");
    }
}
