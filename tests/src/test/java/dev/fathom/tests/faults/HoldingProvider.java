package dev.fathom.tests.faults;

import dev.fathom.tests.faults.Faults.Kind;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.spi.FileSystemProvider;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The default file system of a process that is to be killed at a certain moment: before the n-th operation of a kind on
 * a weights file, or on a folder, it makes a file as a signal and stands still for ever.
 */
public final class HoldingProvider extends FaultyProvider {
    private static final String KIND = "fathom.hold.kind";
    private static final String COUNT = "fathom.hold.count";
    private static final String SIGNAL = "fathom.hold.signal";

    /** What the JVM calls. */
    public HoldingProvider(FileSystemProvider real) {
        super(real, rules(real));
    }

    /** The options of a JVM that is to stand still. */
    public static List<String> options(Kind kind, int count, Path signal) {
        return List.of("-Djava.nio.file.spi.DefaultFileSystemProvider=" + HoldingProvider.class.getName(),
                "-D" + KIND + "=" + kind, "-D" + COUNT + "=" + count, "-D" + SIGNAL + "=" + signal);
    }

    private static Faults rules(FileSystemProvider real) {
        Kind kind = Kind.valueOf(System.getProperty(KIND));
        int count = Integer.getInteger(COUNT);
        Path signal = real.getFileSystem(URI.create("file:///")).getPath(System.getProperty(SIGNAL));
        AtomicInteger met = new AtomicInteger();
        return new Faults().add(operation -> {
            boolean weights = operation.path().toString().contains("safetensors") || kind == Kind.FORCE;
            if (operation.kind() == kind && weights && met.incrementAndGet() == count) {
                Files.createFile(signal);
                while (true) {
                    LockSupport.park();
                }
            }
        });
    }
}
