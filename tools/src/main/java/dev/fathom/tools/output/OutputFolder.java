package dev.fathom.tools.output;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder that results go to. */
public final class OutputFolder {
    private OutputFolder() {
    }

    /** Makes it if need be, or says in one sentence why not. */
    public static void make(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new FathomException("The output folder " + folder + " cannot be made: " + e.getMessage()
                    + " is a file; choose another folder with --outdir.", e);
        } catch (IOException e) {
            throw new FathomException("The output folder " + folder + " cannot be made (" + e.getClass()
                    .getSimpleName() + ": " + e.getMessage()
                    + "); choose another with --outdir.", e);
        }
        if (!Files.isWritable(folder)) {
            throw new FathomException("The output folder " + folder
                    + " cannot be written to; change its permissions or choose another with"
                    + " --outdir.");
        }
    }
}
