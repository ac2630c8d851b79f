package dev.fathom.tools.cli;

/** How a command ends, for scripts; an interrupted one ends with 130 (Ctrl-C) or 143, see {@link Interrupt}. */
public final class ExitCode {
    /** Done. */
    public static final int DONE = 0;
    /** The run failed, with one sentence on standard error. */
    public static final int FAILED = 1;
    /** Called wrongly: the words alone show it, whatever the files hold. */
    public static final int WRONG_CALL = 2;

    private ExitCode() {
    }
}
