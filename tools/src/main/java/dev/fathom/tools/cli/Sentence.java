package dev.fathom.tools.cli;

/** What a person is told. */
public final class Sentence {
    private Sentence() {
    }

    /** The message, with a full stop at its end, which picocli's and some libraries' do not have. */
    public static String of(String message) {
        return message.endsWith(".") || message.endsWith("?") ? message : message + ".";
    }
}
