package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/**
 * Unpacks JCuda's native libraries from their jars into the cache folder, so that many processes can do it at once.
 *
 * <p>JCuda's own way writes one fixed file in the folder for temporary files, in place: a process that has mapped the
 * half of a file that another one is still writing dies of SIGBUS. Here a file is written under a name of its own and
 * renamed when it is complete. Its folder's name holds the hash of its content, so versions live side by side, and a
 * file whose bytes are not what they should be is replaced, by a rename again: whoever has mapped the old one keeps it.
 */
public final class JcudaNatives {
    private JcudaNatives() {
    }

    /**
     * The path of a library that holds exactly the bytes of {@code lib/lib<name>.so} in JCuda's jars after {@code
     * edit}.
     *
     * @param loader sees JCuda's jars
     * @param name the library's name as {@code System.loadLibrary} takes it
     * @param edit changes the bytes, for example to point to another CUDA version; may be the identity
     * @throws FathomException if there is no such library for this system or the cache folder cannot be written
     */
    public static Path unpack(ClassLoader loader, String name, UnaryOperator<byte[]> edit) {
        String file = System.mapLibraryName(name);
        byte[] content = edit.apply(resource(loader, "lib/" + file));
        String hash = HexFormat.of().formatHex(sha256().digest(content)).substring(0, 16);
        Path target = CacheFolder.make("natives/" + hash).resolve(file);
        try {
            if (!holds(target, content)) {
                write(target, content);
            }
        } catch (IOException e) {
            throw new FathomException("JCuda's library " + file + " cannot be unpacked to " + target.getParent() + " ("
                + e
                + "); free some space there, or set " + CacheFolder.VARIABLE + " to another folder.", e);
        }
        return target;
    }

    private static byte[] resource(ClassLoader loader, String path) {
        try (InputStream in = loader.getResourceAsStream(path)) {
            if (in == null) {
                throw new FathomException("JCuda has no library " + path + " for this system ("
                    + System.getProperty("os.name") + ", " + System.getProperty("os.arch")
                    + "); CUDA works on Linux with x86-64 processors, elsewhere use --device cpu.");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new FathomException("The library " + path + " cannot be read from JCuda's jar (" + e
                + "); the jar is damaged, delete it from ~/.m2/repository/org/jcuda and build again.", e);
        }
    }

    private static boolean holds(Path file, byte[] content) throws IOException {
        return Files.isRegularFile(file) && Files.size(file) == content.length
            && Arrays.equals(Files.readAllBytes(file), content);
    }

    private static void write(Path target, byte[] content) throws IOException {
        Path temporary = Files.createTempFile(target.getParent(), target.getFileName() + ".", ".part");
        try {
            Files.write(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the file system there cannot rename atomically", e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
