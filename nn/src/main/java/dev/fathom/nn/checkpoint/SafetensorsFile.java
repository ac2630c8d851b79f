package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A safetensors file: the length of the header (8 bytes, little-endian), the header (JSON), the data.
 *
 * <p>The header maps each name to {@code {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}} and {@code
 * __metadata__} to a map of strings. Checked as the reference implementation does (safetensors/src/tensor.rs): the
 * ranges are those of shape and dtype, and one after the other they fill the data without a gap or an overlap.
 */
public final class SafetensorsFile implements CheckpointFile {
    /** The reference implementation's limit on the header: 100 MB. */
    static final long MAX_HEADER = 100_000_000;

    /** The format's names of the dtypes that exist here. */
    static final Map<String, DType> DTYPES = Map.of("F64", DType.F64, "F32", DType.F32, "F16", DType.F16,
            "BF16", DType.BF16, "I64", DType.I64, "I32", DType.I32, "I16", DType.I16, "I8", DType.I8,
            "U8", DType.U8, "BOOL", DType.BOOL);

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MappedFile file;
    private final SequencedMap<String, CheckpointTensor> tensors;
    private final SafetensorsHeader header;
    private final int headerBytes;
    private final Map<String, String> metadata;

    private SafetensorsFile(MappedFile file, SequencedMap<String, CheckpointTensor> tensors,
            SafetensorsHeader header, int headerBytes) {
        this.file = file;
        this.tensors = Collections.unmodifiableSequencedMap(tensors);
        this.header = header;
        this.headerBytes = headerBytes;
        Map<String, String> described = new LinkedHashMap<>(header.metadata());
        described.remove(SafetensorsChecksum.KEY);
        this.metadata = Collections.unmodifiableMap(described);
    }

    static SafetensorsFile read(MappedFile file) {
        MemorySegment bytes = file.bytes();
        long length = bytes.byteSize() < Long.BYTES ? -1 : bytes.get(LONG, 0);
        if (length < 2 || length > MAX_HEADER || length > bytes.byteSize() - Long.BYTES) {
            throw new CheckpointException(file.path() + " announces a header of " + Long.toUnsignedString(length)
                    + " bytes in a file of " + bytes.byteSize() + "; expected at most " + MAX_HEADER
                    + " bytes, inside the file: it is damaged or incomplete, get it again.");
        }
        MemorySegment data = bytes.asSlice(Long.BYTES + length);
        var header = SafetensorsHeader.parse(bytes.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE),
                file.path());
        checkRanges(header, data.byteSize(), file.path());
        var tensors = new LinkedHashMap<String, CheckpointTensor>();
        for (SafetensorsHeader.Entry e : header.entries()) {
            MemorySegment range = data.asSlice(e.begin(), e.end() - e.begin());
            tensors.put(e.name(), new CheckpointTensor(e.name(), e.dtype(), e.shape(), arena -> range));
        }
        return new SafetensorsFile(file, tensors, header, (int) length);
    }

    private static void checkRanges(SafetensorsHeader header, long dataBytes, Path path) {
        long expected = 0;
        for (SafetensorsHeader.Entry e : header.entries().stream()
                .sorted(Comparator.comparingLong(SafetensorsHeader.Entry::begin)
                .thenComparingLong(SafetensorsHeader.Entry::end))
                .toList()) {
            String where = path + ", tensor '" + e.name() + "',";
            long size = e.shape().numel() > Long.MAX_VALUE / 8 ? -1 : e.shape().numel() * e.dtype().bytes();
            if (e.begin() != expected || e.end() < e.begin()) {
                throw new CheckpointException(where + " lies at bytes " + e.begin() + " to " + e.end()
                        + " of the data; expected it to begin at " + expected
                        + ", behind the one before it, without gap or overlap: the file is damaged, get it again.");
            }
            if (e.end() - e.begin() != size) {
                throw new CheckpointException(where + " has " + (e.end() - e.begin()) + " bytes; expected " + size
                        + " for " + e.dtype() + e.shape() + ": the file is damaged, get it again.");
            }
            expected = e.end();
        }
        if (expected != dataBytes) {
            throw new CheckpointException(path + " has " + dataBytes + " bytes of data; expected " + expected
                    + " for its tensors: the file is incomplete or damaged, get it again.");
        }
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public CheckpointFormat format() {
        return CheckpointFormat.SAFETENSORS;
    }

    @Override
    public SequencedMap<String, CheckpointTensor> tensors() {
        return tensors;
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public boolean verify() {
        boolean carried = header.metadata().containsKey(SafetensorsChecksum.KEY);
        if (carried) {
            SafetensorsChecksum.verify(file.path(), file.channel(), header, headerBytes);
        }
        return carried;
    }

    @Override
    public void close() {
        file.close();
    }
}
