package dev.fathom.tests.watch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * TensorBoard's event files, read from their public description alone: TFRecord framing with its masked CRC-32C
 * (tensorflow.org/tutorials/load_data/tfrecord), Event, Summary and HistogramProto by their field numbers
 * (tensorboard/compat/proto).
 */
public final class EventRecords {
    private EventRecords() {
    }

    /** One Event. */
    public record Event(double time, long step, Wire wire) {
        public boolean isVersion() {
            return wire.has(3);
        }

        /** SessionLog with status START. */
        public boolean isStart() {
            return wire.has(7) && wire.message(7).integer(1) == 1;
        }

        /** The values of a Summary. */
        public List<Wire> values() {
            return wire.has(5) ? wire.message(5).all(1).stream().map(f -> Wire.parse(f.bytes())).toList() : List.of();
        }
    }

    /** The event files of a folder, in the order of their names, in which TensorBoard reads them. */
    public static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.getFileName().toString().contains("tfevents")).sorted().toList();
        }
    }

    /** Every event of a file; fails at a record whose check sums are wrong or that is not whole. */
    public static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            int at = in.position();
            long length = in.getLong();
            require(in.getInt() == masked(crc32c(in.array(), at, 8)), file, at, "the length's check sum");
            byte[] data = new byte[Math.toIntExact(length)];
            in.get(data);
            require(in.getInt() == masked(crc32c(data, 0, data.length)), file, at, "the data's check sum");
            Wire wire = Wire.parse(data);
            events.add(new Event(wire.real64(1), wire.integer(2), wire));
        }
        return events;
    }

    private static void require(boolean ok, Path file, int at, String what) {
        if (!ok) {
            throw new IllegalStateException(file + ", record at " + at + ": " + what + " is wrong");
        }
    }

    /** CRC-32C bit by bit: the polynomial 0x1EDC6F41, reflected. */
    static int crc32c(byte[] bytes, int from, int length) {
        int crc = -1;
        for (int i = from; i < from + length; i++) {
            crc ^= bytes[i] & 0xFF;
            for (int k = 0; k < 8; k++) {
                crc = crc >>> 1 ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
            }
        }
        return ~crc;
    }

    private static int masked(int crc) {
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    /**
     * Values of a tag by step as TensorBoard would show them: files in order, and what an earlier file says from the
     * step of a later one's START on does not count.
     *
     * @throws IllegalStateException if a step has two values
     */
    public static TreeMap<Long, Wire> series(Path folder, String tag) throws IOException {
        TreeMap<Long, Wire> series = new TreeMap<>();
        for (Path file : files(folder)) {
            for (Event event : read(file)) {
                if (event.isStart()) {
                    series.tailMap(event.step(), true).clear();
                }
                for (Wire value : event.values()) {
                    if (value.text(1).equals(tag) && series.put(event.step(), value) != null) {
                        throw new IllegalStateException(tag + " has two values at step " + event.step());
                    }
                }
            }
        }
        return series;
    }
}
