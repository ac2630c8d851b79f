package dev.fathom.training.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A file of one JSON object a line that only grows while a run goes.
 *
 * <p>Lines wait in memory for at most {@code apart} while others follow, so that a step of milliseconds does not pay for
 * a system call each; whoever knows that nothing will follow for a while calls {@link #flush}. A killed process thus
 * loses the last moments. What it lost or left torn does not matter: a run goes on from a saved state, which {@link
 * #force} precedes, and {@link #continuing} takes out every line that will be written again.
 *
 * <p>Numbers that are not finite are written as null, because JSON has none.
 *
 * <p>Not for several threads.
 */
public final class JsonLog implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration USUAL = Duration.ofSeconds(1);
    /** Bytes that wait at most. */
    private static final int MOST = 1 << 16;

    private final Path file;
    private final FileChannel channel;
    private final long nanosApart;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private long written = System.nanoTime();

    private JsonLog(Path file, FileChannel channel, Duration apart) {
        this.file = file;
        this.channel = channel;
        this.nanosApart = apart.toNanos();
    }

    /** Begins an empty log; one that is there is emptied. */
    public static JsonLog empty(Path file) {
        return open(file, line -> false, USUAL);
    }

    /**
     * Goes on with a log.
     *
     * @param keep which lines stay; one that is no JSON object, as a kill leaves it, goes in any case
     * @throws FathomException if the file cannot be read or written
     */
    public static JsonLog continuing(Path file, Predicate<JsonNode> keep) {
        return open(file, keep, USUAL);
    }

    /**
     * As {@link #continuing}.
     *
     * @param apart how long a line may wait for others
     */
    public static JsonLog open(Path file, Predicate<JsonNode> keep, Duration apart) {
        try {
            cutBack(file, keep);
            return new JsonLog(file, FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.APPEND), apart);
        } catch (IOException e) {
            throw new FathomException("The log " + file + " cannot be read (" + reason(e)
                    + "), but the run writes to it; move it away, then try again.", e);
        }
    }

    private static void cutBack(Path file, Predicate<JsonNode> keep) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        long drop = 0;
        // Lines are as short as the run made them; a torn one may hold anything, which Latin-1 reads without failing.
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                drop += keeps(line, keep) ? 0 : 1;
            }
        }
        if (drop == 0 && endsWhole(file)) {
            return;
        }
        AtomicFile.replace(file, temporary -> {
            try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1);
                    BufferedWriter out = Files.newBufferedWriter(temporary, StandardCharsets.ISO_8859_1)) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (keeps(line, keep)) {
                        out.write(line);
                        out.write('\n');
                    }
                }
            }
        });
    }

    private static boolean keeps(String line, Predicate<JsonNode> keep) {
        try {
            JsonNode node = JSON.readTree(line.getBytes(StandardCharsets.ISO_8859_1));
            return node.isObject() && keep.test(node);
        } catch (IOException torn) {
            return false;
        }
    }

    /** Whether the last line has its end: what follows would otherwise stand on the same. */
    private static boolean endsWhole(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            return in.size() == 0 || in.read(last, in.size() - 1) == 1 && last.get(0) == '\n';
        }
    }

    /** Adds a line: numbers, words, booleans, and lists and maps of these. */
    public void add(Map<String, ?> line) {
        try {
            waiting.writeBytes(JSON.writeValueAsBytes(finite(line)));
            waiting.write('\n');
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a log line of numbers and strings cannot fail to become JSON", e);
        }
        if (waiting.size() > MOST || System.nanoTime() - written >= nanosApart) {
            flush();
        }
    }

    private static Object finite(Object value) {
        return switch (value) {
            case Double d when !Double.isFinite(d) -> null;
            case Float f when !Float.isFinite(f) -> null;
            case Map<?, ?> map -> {
                Map<Object, Object> clean = new LinkedHashMap<>();
                map.forEach((key, inner) -> clean.put(key, finite(inner)));
                yield clean;
            }
            case Iterable<?> list -> {
                List<Object> clean = new ArrayList<>();
                list.forEach(inner -> clean.add(finite(inner)));
                yield clean;
            }
            case null, default -> value;
        };
    }

    /** Hands what waits to the operating system: after this the process may die without losing it. */
    public void flush() {
        if (waiting.size() == 0) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
        waiting.reset();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw notWritten(e);
        }
        written = System.nanoTime();
    }

    /** Makes what was added survive a power cut: before a state is saved that the lines belong to. */
    public void force() {
        flush();
        try {
            channel.force(false);
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private FathomException notWritten(IOException e) {
        return new FathomException("The log " + file + " cannot be written (" + reason(e)
                + "); expected a disk with room: free space, then go on with --resume.", e);
    }

    @Override
    public void close() {
        try (channel) {
            flush();
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
