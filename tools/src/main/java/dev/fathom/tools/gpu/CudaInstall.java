package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Fetches NVIDIA's libraries out of one large jar: only the files on the list, each by a range of its own, each checked
 * against a hash that ships with Fathom. What was fetched when the line broke or the program was ended is not fetched
 * again.
 */
public final class CudaInstall {
    private static final int BUFFER = 1 << 18;

    /**
     * A file to have.
     *
     * @param name its name without folders, in the jar and on disk
     * @param size in bytes, unpacked
     * @param sha256 of its bytes, 64 hexadecimal digits
     */
    public record Item(String name, long size, String sha256) {
    }

    private final RemoteFile jar;
    private final Path folder;
    private final List<Item> items;

    CudaInstall(RemoteFile jar, Path folder, List<Item> items) {
        this.jar = jar;
        this.folder = folder;
        this.items = items;
    }

    /** The files that Fathom uses of CUDA 12.6 and cuDNN 9.5. */
    public static List<Item> standardItems() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                CudaInstall.class.getResourceAsStream("cuda-12.6.txt"), StandardCharsets.US_ASCII))) {
            return lines.lines().filter(l -> !l.startsWith("#")).map(l -> l.split(" "))
                .map(w -> new Item(w[2], Long.parseLong(w[1]), w[0])).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is to be done: the items that are not there yet, and how many bytes to fetch for them. */
    public record Plan(List<Item> missing, long toFetch, long unpacked) {
    }

    private record Job(Item item, RemoteZip.Entry entry) {
    }

    /** Looks at what is there (hashing it) and at the jar's table of contents. */
    public Plan plan() {
        try {
            long fetch = 0;
            long unpacked = 0;
            List<Item> missing = new ArrayList<>();
            for (Job job : jobs()) {
                missing.add(job.item);
                fetch += job.entry.packed() - have(part(job.item));
                unpacked += job.item.size;
            }
            return new Plan(missing, fetch, unpacked);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private List<Job> jobs() throws IOException {
        List<Item> missing = new ArrayList<>();
        for (Item item : items) {
            if (!isThere(item)) {
                missing.add(item);
            }
        }
        if (missing.isEmpty()) {
            return List.of();
        }
        List<RemoteZip.Entry> entries = new RemoteZip(jar).entries();
        List<Job> jobs = new ArrayList<>();
        for (Item item : missing) {
            RemoteZip.Entry entry = entries.stream().filter(e -> e.file().equals(item.name)).findFirst()
                .orElseThrow(() -> new FathomException(jar.name() + " holds no " + item.name
                    + "; it is not org.bytedeco:cuda:12.6-9.5-1.5.11:linux-x86_64-redist."));
            jobs.add(new Job(item, entry));
        }
        return jobs;
    }

    /**
     * Fetches, unpacks and checks what is missing.
     *
     * @param fetched hears how many bytes have been fetched by this call
     */
    public void run(LongConsumer fetched) {
        try {
            Files.createDirectories(folder);
            try (FileChannel channel = FileChannel.open(folder.resolve("installing"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE); FileLock lock = lock(channel)) {
                long before = 0;
                for (Job job : jobs()) {
                    before = fetch(job, before, fetched);
                    unpack(job);
                }
            }
            Files.deleteIfExists(folder.resolve("installing"));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
        } catch (OverlappingFileLockException sameProcess) {
            // Said below, as for another process.
        }
        throw new FathomException("Another 'fathom gpu install' is filling " + folder + "; wait until it is done.");
    }

    private FathomException failed(IOException e) {
        return new FathomException("Fetching " + jar.name() + " into " + folder + " failed (" + e
            + "); the same command goes on where it stopped.", e);
    }

    private boolean isThere(Item item) throws IOException {
        Path file = folder.resolve(item.name);
        return Files.isRegularFile(file) && Files.size(file) == item.size && hash(file).equals(item.sha256);
    }

    private Path part(Item item) {
        return folder.resolve(item.name + ".part");
    }

    private static long have(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.size(file) : 0;
    }

    private long fetch(Job job, long before, LongConsumer fetched) throws IOException {
        Path part = part(job.item);
        long have = have(part);
        if (have > job.entry.packed()) {
            Files.delete(part);
            have = 0;
        }
        long left = job.entry.packed() - have;
        if (left > 0) {
            long start = new RemoteZip(jar).dataStart(job.entry) + have;
            try (OutputStream out = Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                jar.read(start, left, new Counting(out, before, fetched));
            }
        }
        return before + left;
    }

    /** Passes bytes on and says how many there were. */
    private static final class Counting extends OutputStream {
        private final OutputStream out;
        private final LongConsumer listener;
        private long count;

        Counting(OutputStream out, long before, LongConsumer listener) {
            this.out = out;
            this.count = before;
            this.listener = listener;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            count += length;
            listener.accept(count);
        }
    }

    /** Inflates a part into its file, under another name until the hash agrees. */
    private void unpack(Job job) throws IOException {
        Path part = part(job.item);
        Path unpacked = folder.resolve(job.item.name + ".unpacked");
        MessageDigest sha = sha256();
        long size = 0;
        boolean sound = true;
        try (InputStream in = Files.newInputStream(part); OutputStream out = Files.newOutputStream(unpacked)) {
            Inflater inflater = new Inflater(true);
            byte[] packed = new byte[BUFFER];
            byte[] plain = new byte[BUFFER];
            for (int got; !inflater.finished() && (got = in.read(packed)) > 0;) {
                inflater.setInput(packed, 0, got);
                for (int n; (n = inflater.inflate(plain)) > 0;) {
                    out.write(plain, 0, n);
                    sha.update(plain, 0, n);
                    size += n;
                }
            }
            inflater.end();
        } catch (DataFormatException e) {
            sound = false;
        }
        if (!sound || size != job.item.size || !HexFormat.of().formatHex(sha.digest()).equals(job.item.sha256)) {
            Files.delete(unpacked);
            Files.delete(part);
            throw new FathomException(job.item.name + " from " + jar.name() + " is damaged: its content is not what was"
                + " expected; the same command fetches it again, another repository can be given by --from.");
        }
        Files.move(unpacked, folder.resolve(job.item.name), StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        Files.delete(part);
    }

    private static String hash(Path file) throws IOException {
        MessageDigest sha = sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int got; (got = in.read(buffer)) > 0;) {
                sha.update(buffer, 0, got);
            }
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
