package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of a file's bytes (what every output names as the weights that it was made with) or of strings (what a data set
 * is called by). 64 hexadecimal digits.
 */
public record ContentHash(String hex) {
    private static final int SHORT_DIGITS = 12;

    /** Reads the file once, in pieces. */
    public static ContentHash of(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest sha = sha256();
            byte[] buffer = new byte[1 << 20];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
            }
            return new ContentHash(HexFormat.of().formatHex(sha.digest()));
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read (" + e
                    + "); expected a readable file: check path and permissions.", e);
        }
    }

    /** Of strings in their order; none can be mistaken for a part of its neighbour. */
    public static ContentHash of(Iterable<String> parts) {
        MessageDigest sha = sha256();
        for (String part : parts) {
            sha.update(part.getBytes(StandardCharsets.UTF_8));
            sha.update((byte) 0);
        }
        return new ContentHash(HexFormat.of().formatHex(sha.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
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
