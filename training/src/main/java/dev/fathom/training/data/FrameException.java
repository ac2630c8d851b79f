package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.Hdf5Exception;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One frame of a data set cannot be used; the message names it. What a run may leave out with {@link SkipBad}: every
 * other failure is the program's or the machine's, and must not change what is learnt from.
 */
public final class FrameException extends FathomException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with a frame. */
    public enum Fault {
        /** The file is gone, or a link to it leads nowhere. */
        MISSING,
        /** The system refuses to read it: permissions, a bad disk. */
        UNREADABLE,
        /** It is torn, or no file of the expected format. */
        DAMAGED,
        /** It holds something else than a picture with its depth. */
        LAYOUT;

        /** The word in logs and messages. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Fault fault;

    /** @param cause what was met underneath, or null */
    public FrameException(Fault fault, String sentence, Throwable cause) {
        super(sentence, cause);
        this.fault = fault;
    }

    /**
     * What a file that could not be read as HDF5 suffers from. A heap that is too small is no fault of the file: that
     * comes back as it was.
     */
    public static FathomException of(Path file, Hdf5Exception e) {
        boolean refused = false;
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof OutOfMemoryError) {
                return e;
            }
            refused |= t instanceof IOException;
        }
        Fault fault = !Files.exists(file) ? Fault.MISSING : refused ? Fault.UNREADABLE : Fault.DAMAGED;
        String sentence = fault != Fault.MISSING ? e.getMessage()
                : Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                ? "The frame " + file + " is a link that leads nowhere: bring back what it leads to, or remove the link."
                : "The frame " + file + " was there when the run began and is gone: bring it back, or begin a new run.";
        return new FrameException(fault, sentence, e);
    }

    /** What is wrong. */
    public Fault fault() {
        return fault;
    }
}
