package dev.fathom.tools.cli;

import dev.fathom.engine.errors.FathomException;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What the words of a command line alone show to be wrong, before any file is looked at: exit code 2 and a pointer to
 * {@code --help}. What only a file or the machine can show is a {@link FathomException}: exit code 1.
 */
public final class WrongCall {
    private WrongCall() {
    }

    /** Ends the command unless {@code right}. */
    public static void unless(boolean right, CommandSpec spec, String sentence) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), sentence);
        }
    }

    /** Makes a thing from options alone; a refusal is then the call's fault. */
    public static <T> T orValue(CommandSpec spec, Supplier<T> made) {
        try {
            return made.get();
        } catch (FathomException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
