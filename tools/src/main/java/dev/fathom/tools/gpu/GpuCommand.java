package dev.fathom.tools.gpu;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fathom gpu}: what concerns NVIDIA GPUs. */
@Command(name = "gpu", mixinStandardHelpOptions = true, subcommands = {GpuInstallCommand.class, GpuCheckCommand.class},
    description = "NVIDIA GPUs: fetch the libraries they need, check one.", synopsisSubcommandLabel = "COMMAND")
public final class GpuCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "'fathom gpu' needs a command: install or check.");
    }
}
