package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tests.tools.Cli;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * What a command says when it cannot do what was asked. Whatever the sentence, it ends with a full stop, shows no stack
 * trace and never calls a person's mistake Fathom's own.
 */
final class Says {
    /** Progress goes to the process's own standard error, not here; but a wrong call points to its help. */
    private static final Pattern HELP = Pattern.compile("'fathom [a-z]+ --help' lists what there is\\.");

    private Says() {
    }

    /** Standard error of a run that failed: the sentence. */
    static String err(Cli cli) {
        String text = cli.err().strip();
        assertFalse(text.contains("Fathom has made a mistake"), text);
        assertFalse(text.contains("\tat ") || text.contains("Exception in thread"), "a stack trace without --debug: "
                + text);
        assertTrue(text.endsWith("."), "no full stop: " + text);
        return text;
    }

    /** Runs, expects exit code 1, and returns the sentence. */
    static String failing(Object... words) {
        Cli cli = run(words);
        assertEquals(1, cli.code(), cli.err() + cli.out());
        return err(cli);
    }

    /** Runs, expects exit code 2, and returns the sentence without the pointer to the help. */
    static String wronglyCalled(Object... words) {
        Cli cli = run(words);
        assertEquals(2, cli.code(), cli.err() + cli.out());
        String[] lines = err(cli).split("\\R");
        assertTrue(HELP.matcher(lines[lines.length - 1]).matches(), cli.err());
        return String.join("\n", Arrays.copyOf(lines, lines.length - 1));
    }

    static Cli run(Object... words) {
        return Cli.run(Arrays.stream(words).map(Object::toString).toArray(String[]::new));
    }
}
