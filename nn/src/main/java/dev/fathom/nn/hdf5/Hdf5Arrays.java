package dev.fathom.nn.hdf5;

import dev.fathom.engine.errors.Hdf5Exception;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.exceptions.HdfException;
import io.jhdf.filter.FilterManager;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.StringData;
import io.jhdf.object.datatype.VariableLength;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The numeric arrays of one HDF5 file.
 *
 * <pre>{@code
 * try (var file = Hdf5Arrays.open(path)) {
 *     int[] shape = file.shape("rgb");          // [3,H,W]
 *     byte[] rgb = file.bytes("rgb");           // uint8, C order
 *     float[] depth = file.floats("depth");     // float16, 32 or 64 or integers, of either byte order, as float32
 * }
 * }</pre>
 *
 * <p>Arrays come flat in C order. Contiguous, compact and chunked data sets are read, with deflate, shuffle, LZF,
 * LZ4, bit-shuffle and Fletcher-32 (verified), with every chunk index and with a user block. Everything else is
 * refused by name. Every method throws {@link Hdf5Exception}; an instance is for one thread at a time.
 */
public final class Hdf5Arrays implements AutoCloseable {
    static {
        FilterManager.addFilter(new Fletcher32Filter());
    }

    /**
     * Up to here a file is read at once: cheaper than a mapping, whose release costs every thread of the JVM a pause.
     */
    private static final long READ_AT_ONCE = 64L << 20;

    private final Path path;
    private final long fileBytes;
    private final FileChannel channel;
    private final HdfFile file;
    private List<String> names;

    private Hdf5Arrays(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.fileBytes = channel.size();
        this.file = open(path, channel, fileBytes);
    }

    /** Opens a file; the arrays are read when asked for. */
    public static Hdf5Arrays open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new Hdf5Exception(path + " is not a file; expected an HDF5 file: check the path.");
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new Hdf5Exception(path + " cannot be opened (" + e + "); check its permissions.", e);
        }
        try {
            return new Hdf5Arrays(path, channel);
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            var refusal = new Hdf5Exception(path + " is not a readable HDF5 file (" + reason(e)
                    + "); expected the HDF5 signature and a sound superblock: make or download the file again.", e);
            try {
                channel.close();
            } catch (IOException closing) {
                refusal.addSuppressed(closing);
            }
            throw refusal;
        }
    }

    /**
     * Wherever it can be, the file is handed to jhdf as one buffer: any address or length in a damaged file then
     * fails at the buffer's bounds, where jhdf's channel would first allocate what the file asks for.
     */
    private static HdfFile open(Path path, FileChannel channel, long size) throws IOException {
        if (size <= READ_AT_ONCE) {
            return HdfFile.fromBytes(Files.readAllBytes(path));
        }
        return size <= Integer.MAX_VALUE
                ? HdfFile.fromByteBuffer(channel.map(FileChannel.MapMode.READ_ONLY, 0, size))
                : new HdfFile(channel);
    }

    /** The paths of all data sets, such as {@code rgb} or {@code group/depth}, in the order of the file's own index. */
    public List<String> names() {
        if (names == null) {
            names = guarded(path.toString(), () -> {
                List<String> found = new ArrayList<>();
                collect(file, "", new HashSet<>(Set.of(file.getAddress())), found);
                return List.copyOf(found);
            });
        }
        return names;
    }

    /** The attributes of the root group that are single strings or numbers, as text; others are left out. */
    public Map<String, String> attributes() {
        return guarded(path + ", attributes,", () -> {
            Map<String, String> found = new TreeMap<>();
            for (Attribute a : file.getAttributes().values()) {
                boolean plain = a.getDataType() instanceof StringData || a.getDataType() instanceof VariableLength
                        || a.getDataType() instanceof FixedPoint || a.getDataType() instanceof FloatingPoint;
                if (a.isScalar() && plain) {
                    found.put(a.getName(), String.valueOf(a.getData()));
                }
            }
            return found;
        });
    }

    /**
     * Where a data set's elements begin in the file, if they lie there in one piece, little-endian, at least one:
     * then they can be mapped. The range is inside the file.
     */
    public OptionalLong fileOffset(String name) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            return Hdf5Data.fileOffset(dataset, Hdf5Element.of(dataset.getDataType(), where(name)), fileBytes,
                    where(name));
        });
    }

    /** @param above addresses of the groups on the way here: a hard link to one of them would lead round in circles */
    private void collect(Group group, String prefix, Set<Long> above, List<String> names) {
        for (Node node : group) {
            if (node.isLink()) {
                continue; // A soft link gives an array a second name; following it could also leave the file.
            }
            switch (node) {
                case Dataset dataset -> names.add(prefix + dataset.getName());
                case Group inner when above.add(inner.getAddress()) -> {
                    collect(inner, prefix + inner.getName() + "/", above, names);
                    above.remove(inner.getAddress());
                }
                default -> { } // A group above again, or a committed data type: a name for an element format.
            }
        }
    }

    /** Whether there is a data set of this path. Only the groups on the way to it are looked at: a file may hold many. */
    public boolean has(String name) {
        return guarded(path.toString(), () -> {
            Node node = file;
            for (String part : name.split("/")) {
                node = node instanceof Group group ? group.getChild(part) : null;
                if (node == null || node.isLink()) {
                    return false;
                }
            }
            return node instanceof Dataset;
        });
    }

    /** Sizes of the axes; empty for a scalar. */
    public int[] shape(String name) {
        return guarded(where(name), () -> dataset(name).getDimensions());
    }

    /** What the file itself stores, for example {@code F16} little-endian. */
    public Hdf5Element element(String name) {
        return guarded(where(name), () -> Hdf5Element.of(dataset(name).getDataType(), where(name)));
    }

    /** The whole array as float32: see {@link Hdf5Element} for the conversions. C order. */
    public float[] floats(String name) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            var element = Hdf5Element.of(dataset.getDataType(), where(name));
            ByteBuffer raw = Hdf5Data.read(dataset, element, fileBytes, where(name));
            float[] out = new float[raw.remaining() / element.kind().bytes()];
            element.toFloats(raw, out);
            return out;
        });
    }

    /** A box of the array, {@code count[i]} elements from {@code offset[i]} on along axis i, as float32 in C order. */
    public float[] floats(String name, int[] offset, int[] count) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            var element = Hdf5Element.of(dataset.getDataType(), where(name));
            ByteBuffer raw = Hdf5Data.readBox(dataset, element, fileBytes, offset, count, where(name));
            float[] out = new float[raw.remaining() / element.kind().bytes()];
            element.toFloats(raw, out);
            return out;
        });
    }

    /** The whole array of a uint8, int8 or bool data set, unchanged, in C order. */
    public byte[] bytes(String name) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            return copy(Hdf5Data.read(dataset, oneByte(dataset, name), fileBytes, where(name)));
        });
    }

    /** A box of a uint8, int8 or bool data set: see {@link #floats(String, int[], int[])}. */
    public byte[] bytes(String name, int[] offset, int[] count) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            return copy(Hdf5Data.readBox(dataset, oneByte(dataset, name), fileBytes, offset, count, where(name)));
        });
    }

    /** The elements of any numeric data set as they are stored, but little-endian; C order. */
    public byte[] littleEndian(String name) {
        return guarded(where(name), () -> {
            var dataset = dataset(name);
            var element = Hdf5Element.of(dataset.getDataType(), where(name));
            byte[] raw = copy(Hdf5Data.read(dataset, element, fileBytes, where(name)));
            element.toLittleEndian(raw);
            return raw;
        });
    }

    private Hdf5Element oneByte(Dataset dataset, String name) {
        var element = Hdf5Element.of(dataset.getDataType(), where(name));
        if (element.kind().bytes() != 1) {
            throw new Hdf5Exception(where(name) + " holds " + element.kind()
                    + "; expected one byte an element (U8, I8 or BOOL):" + " read it as floats or store it as uint8.");
        }
        return element;
    }

    private static byte[] copy(ByteBuffer raw) {
        byte[] out = new byte[raw.remaining()];
        raw.get(out);
        return out;
    }

    private Dataset dataset(String name) {
        if (!has(name)) {
            throw new Hdf5Exception(path + " has no data set '" + name + "', it holds " + names()
                    + "; expected '" + name + "': check the file's layout.");
        }
        return file.getDatasetByPath(name);
    }

    private String where(String name) {
        return path + ", data set '" + name + "',";
    }

    private interface Read<T> {
        T run();
    }

    /**
     * jhdf meets a damaged file with whatever its parser happens to raise, and sizes or cycles in such a file may ask
     * for any amount of heap or stack: all of that becomes one sentence.
     */
    private static <T> T guarded(String where, Read<T> read) {
        try {
            return read.run();
        } catch (Hdf5Exception e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new Hdf5Exception(where + " cannot be read (" + reason(e)
                    + "); expected a sound array in a flavour of"
                    + " HDF5 that jhdf reads: rewrite it with h5repack, or make it again.", e);
        }
    }

    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getMessage() != null && root instanceof HdfException) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    @Override
    public void close() {
        try {
            file.close();
            channel.close();
        } catch (IOException | HdfException e) {
            throw new Hdf5Exception(path + " cannot be closed (" + e.getMessage() + "); check the disk.", e);
        }
    }
}
