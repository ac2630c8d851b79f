package dev.fathom.tools.video;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.output.OutputFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The network's maps of a clip on disk, at the network's own size, until all are there. It survives the program: maps
 * that are whole are used by the next run of the same clip and model.
 *
 * <p>A folder with {@code about.json}, which says what the maps are of, and {@code maps.bin}: records of one size, each
 * the frame's key (int64), how much each patch of the picture changed since the frame before (float32, [H/14,W/14]),
 * the map (float32 or float16, [H,W]) and the CRC-32 of all that; little-endian. One program at a time.
 */
public final class MapSpool implements AutoCloseable {
    /** How a number is stored. */
    public enum Storage {
        /** As the network gave it. */
        FLOAT32(4),
        /** Half the room; 11 bits of precision, a change of at most 0.05 %, an eighth of one of 256 colours. */
        FLOAT16(2);

        private final int bytes;

        Storage(int bytes) {
            this.bytes = bytes;
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path folder;
    private final Path file;
    private final NetworkSize size;
    private final Storage storage;
    private final ByteBuffer record;
    private final int cells;
    private FileChannel channel;
    private int count;
    /** Whether this is the program that has the folder. */
    private boolean ours;

    private MapSpool(Path folder, NetworkSize size, Storage storage) {
        this.folder = folder;
        this.file = folder.resolve("maps.bin");
        this.size = size;
        this.storage = storage;
        this.cells = (int) size.patches();
        this.record = ByteBuffer.allocate(Math.toIntExact(recordBytes(size, storage))).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes a frame. */
    static long recordBytes(NetworkSize size, Storage storage) {
        return Long.BYTES + Float.BYTES * size.patches() + (long) storage.bytes * size.width() * size.height()
                + Integer.BYTES;
    }

    /**
     * Opens the folder, made if need be, for the maps of one clip by one model.
     *
     * @param about   what the maps are of and by: they are used again only where all of it is the same
     * @param restart whether to remove what is there
     * @throws FathomException if it holds other maps, another program has it, or it cannot be written
     */
    public static MapSpool open(Path folder, Map<String, Object> about, NetworkSize size, Storage storage,
            boolean restart) {
        OutputFolder.make(folder);
        MapSpool spool = new MapSpool(folder, size, storage);
        try {
            spool.lock();
            spool.identify(about, restart);
            spool.countWhole();
            spool.ours = true;
            return spool;
        } catch (IOException e) {
            spool.close();
            throw spool.failed("opened", e);
        } catch (Throwable e) {
            spool.close();
            throw e;
        }
    }

    private void lock() throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new FathomException("Another program is at work on this clip: it has " + file
                    + "; wait for it, or choose another --outdir.");
        }
    }

    private void identify(Map<String, Object> about, boolean restart) throws IOException {
        Path page = folder.resolve("about.json");
        // Through text, so that it compares with what was written.
        String text = JSON.writeValueAsString(about) + "\n";
        JsonNode wanted = JSON.readTree(text);
        if (!restart && channel.size() > 0) {
            JsonNode found = Files.exists(page) ? JSON.readTree(page.toFile()) : JSON.createObjectNode();
            List<String> others = new ArrayList<>();
            for (Iterator<String> names = wanted.fieldNames(); names.hasNext();) {
                String name = names.next();
                if (!wanted.get(name).equals(found.get(name))) {
                    others.add(name.replace('_', ' '));
                }
            }
            if (!others.isEmpty()) {
                throw new FathomException("The folder " + folder + " holds maps of an unfinished run with another "
                        + String.join(", ", others) + "; finish that run, remove its maps with --restart, or choose"
                        + " another --outdir.");
            }
            return;
        }
        channel.truncate(0);
        AtomicFile.replace(page, path -> Files.writeString(path, text));
    }

    /** Drops what a crash left of a record: the last may be short, or long enough and never reached the disk. */
    private void countWhole() throws IOException {
        count = (int) (channel.size() / record.capacity());
        while (count > 0 && !load(count - 1)) {
            count--;
        }
        channel.truncate((long) count * record.capacity());
    }

    /** How many maps there are. */
    public int size() {
        return count;
    }

    /** Forgets all maps from one on. */
    public void cut(int from) {
        try {
            count = Math.min(count, from);
            channel.truncate((long) count * record.capacity());
        } catch (IOException e) {
            throw failed("shortened", e);
        }
    }

    /** The key of a map's frame. */
    public long key(int index) {
        require(index);
        return record.getLong(0);
    }

    /** Adds the next frame's map. */
    public void add(long key, float[] changes, float[] map) {
        record.clear().putLong(key);
        record.asFloatBuffer().put(changes, 0, cells);
        record.position(record.position() + Float.BYTES * cells);
        if (storage == Storage.FLOAT32) {
            record.asFloatBuffer().put(map);
        } else {
            for (float v : map) {
                record.putShort(Float.floatToFloat16(v));
            }
        }
        record.putInt(record.capacity() - Integer.BYTES, checksum()).clear();
        try {
            long at = (long) count * record.capacity();
            while (record.hasRemaining()) {
                channel.write(record, at + record.position());
            }
            count++;
        } catch (IOException e) {
            throw failed("written", e);
        }
    }

    /**
     * Reads a frame's map.
     *
     * @param changes gets [H/14,W/14], {@code map} [H,W]
     */
    public void read(int index, float[] changes, float[] map) {
        require(index);
        record.position(Long.BYTES);
        record.asFloatBuffer().get(changes, 0, cells);
        record.position(Long.BYTES + Float.BYTES * cells);
        if (storage == Storage.FLOAT32) {
            record.asFloatBuffer().get(map);
        } else {
            for (int i = 0; i < map.length; i++) {
                map[i] = Float.float16ToFloat(record.getShort());
            }
        }
    }

    private void require(int index) {
        try {
            if (!load(index)) {
                throw new FathomException("The map of frame " + (index + 1) + " in " + file
                        + " is damaged; make the maps again with --restart.");
            }
        } catch (IOException e) {
            throw failed("read", e);
        }
    }

    /** Whether the record is whole. */
    private boolean load(int index) throws IOException {
        record.clear();
        long at = (long) index * record.capacity();
        while (record.hasRemaining()) {
            if (channel.read(record, at + record.position()) < 0) {
                return false;
            }
        }
        return record.getInt(record.capacity() - Integer.BYTES) == checksum();
    }

    private int checksum() {
        CRC32 crc = new CRC32();
        crc.update(record.array(), 0, record.capacity() - Integer.BYTES);
        return (int) crc.getValue();
    }

    private FathomException failed(String what, IOException e) {
        return new FathomException("The maps in " + file + " cannot be " + what + " (" + e.getMessage()
                + "); expected a sound disk with enough room: what is whole stays, and the same command goes on from"
                + " there.", e);
    }

    Path folder() {
        return folder;
    }

    NetworkSize mapSize() {
        return size;
    }

    /** Removes everything. */
    public void delete() {
        shut();
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder.resolve("about.json"));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new FathomException("The maps in " + folder + " are no longer needed but cannot be removed ("
                    + e.getMessage() + "); remove the folder by hand.", e);
        }
    }

    /** Leaves the maps for the next run; where there are none yet, nothing. */
    @Override
    public void close() {
        if (ours && channel.isOpen() && count == 0) {
            delete();
        } else {
            shut();
        }
    }

    private void shut() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw failed("closed", e);
        }
    }
}
