package dev.fathom.tools.events;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.protobuf.ProtobufMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * An event file that grows: TFRecord framing around Event messages. A record is the length of its data (64 bits), the
 * masked CRC-32C of these eight bytes, the data, the masked CRC-32C of the data; all little endian
 * (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details").
 *
 * <p>Records wait for at most two seconds while others follow, and are written whole, so that a killed process loses the
 * last moments and leaves no half record.
 */
final class EventFile implements AutoCloseable {
    /** What readers know the format by: SessionLog events tell where a run goes on, not steps that fall back. */
    private static final String VERSION = "brain.Event:2";
    /** SessionLog.START. */
    private static final int START = 1;
    private static final long NANOS_APART = Duration.ofSeconds(2).toNanos();
    private static final int MOST = 1 << 20;
    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\..*");

    private final Path file;
    private final FileChannel channel;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private long written = System.nanoTime();

    private EventFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Begins a file in a folder, after all that are there: readers take them in the order of their names, which begin
     * with seconds since 1970.
     *
     * @param firstStep the first step that will be written: readers forget what older files say from it on
     * @throws FathomException if the folder cannot be read or written
     */
    static EventFile create(Path folder, long firstStep) {
        try {
            long second = Math.max(System.currentTimeMillis() / 1000, latest(folder) + 1);
            Path path = folder.resolve(String.format(Locale.ROOT, "events.out.tfevents.%010d.%s.%d.0", second, host(),
                    ProcessHandle.current().pid()));
            EventFile file = new EventFile(path, FileChannel.open(path, StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE, StandardOpenOption.APPEND));
            file.write(event(0).text(3, VERSION));
            file.write(event(firstStep).message(7, new ProtobufMessage().integer(1, START)));
            file.flush();
            return file;
        } catch (IOException e) {
            throw new FathomException("An event file for TensorBoard cannot be begun in " + folder + " ("
                    + e.getClass().getSimpleName() + ": " + e.getMessage()
                    + "); make the folder writable, or leave these files out with --no-events.", e);
        }
    }

    /** The second in the name of the newest event file; -1 if there is none. */
    private static long latest(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> NAME.matcher(f.getFileName().toString())).filter(Matcher::matches)
                    .mapToLong(m -> Long.parseLong(m.group(1))).max().orElse(-1);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "localhost"; // Part of a name only, for people who copy files together.
        }
    }

    /** Adds what was found at a step. */
    void add(long step, Summary summary) {
        write(event(step).message(5, summary.message()));
    }

    private static ProtobufMessage event(long step) {
        return new ProtobufMessage().real64(1, System.currentTimeMillis() / 1000.0).integer(2, step);
    }

    private void write(ProtobufMessage event) {
        byte[] data = event.toBytes();
        ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length);
        head.putInt(maskedCrc(head.array(), 8));
        waiting.writeBytes(head.array());
        waiting.writeBytes(data);
        waiting.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(maskedCrc(data, data.length))
                .array());
        if (waiting.size() > MOST || System.nanoTime() - written >= NANOS_APART) {
            flush();
        }
    }

    /** A check sum of bytes that hold check sums is no good one, so it is rotated and moved. */
    private static int maskedCrc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    /** Hands what waits to the operating system. */
    void flush() {
        ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
        waiting.reset();
        try {
            ProtobufMessage.writeFully(channel, bytes);
        } catch (IOException e) {
            throw notWritten(e);
        }
        written = System.nanoTime();
    }

    private FathomException notWritten(IOException e) {
        return new FathomException("The event file " + file + " cannot be written (" + e.getClass().getSimpleName()
                + ": " + e.getMessage() + "); expected a disk with room: free space, or go on with --resume"
                + " --no-events.", e);
    }

    @Override
    public void close() {
        try (channel) {
            flush();
        } catch (IOException e) {
            throw notWritten(e);
        }
    }
}
