package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of a file's bytes: what every output names as the weights that it was made with. 64 hexadecimal digits. */
public record ContentHash(String hex) {
    private static final int SHORT_DIGITS = 12;

    /** Reads the file once, in pieces. */
    public static ContentHash of(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
            }
            return new ContentHash(HexFormat.of().formatHex(sha.digest()));
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read (" + e
                    + "); expected a readable file: check path and permissions.", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The first 12 digits, enough to tell files apart at a glance. */
    public String shortForm() {
        return hex.substring(0, SHORT_DIGITS);
    }

    @Override
    public String toString() {
        return hex;
    }
}
