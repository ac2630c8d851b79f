package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.nn.hdf5.Hdf5Element;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * Weights in HDF5: one data set a tensor, under its own name in the root group (dots are plain characters there),
 * metadata as string attributes of the root group.
 *
 * <p>Elements are HDF5's own types, little-endian: float16 is the IEEE type of two bytes (h5py's {@code <f2}),
 * bfloat16 the float type with 8 exponent and 7 fraction bits (HDF5 2.0's H5T_FLOAT_BFLOAT16LE, which older libraries
 * read as numbers of the right value), bool h5py's enumeration FALSE = 0, TRUE = 1 of one byte. A slash in a name
 * makes groups. The order of the tensors is the links' creation order.
 *
 * <p>Reading takes any numeric data set of any group as a tensor, so files by other programs open too.
 */
public final class Hdf5WeightsFile implements CheckpointFile {
    private final MappedFile file;
    private final Hdf5Arrays arrays;
    private final SequencedMap<String, CheckpointTensor> tensors;
    private final Map<String, String> metadata;

    private Hdf5WeightsFile(MappedFile file, Hdf5Arrays arrays) {
        this.file = file;
        this.arrays = arrays;
        this.metadata = Collections.unmodifiableMap(arrays.attributes());
        var found = new LinkedHashMap<String, CheckpointTensor>();
        for (String name : arrays.names()) {
            found.put(name, tensor(name));
        }
        this.tensors = Collections.unmodifiableSequencedMap(found);
    }

    static Hdf5WeightsFile read(MappedFile file) {
        return refusing(() -> {
            Hdf5Arrays arrays = Hdf5Arrays.open(file.path());
            try {
                return new Hdf5WeightsFile(file, arrays);
            } catch (Throwable e) {
                arrays.close();
                throw e;
            }
        });
    }

    private CheckpointTensor tensor(String name) {
        DType dtype = dtype(arrays.element(name), name);
        Shape shape = Shape.of(arrays.shape(name));
        long bytes = shape.numel() * dtype.bytes();
        OptionalLong at = arrays.fileOffset(name);
        if (at.isPresent()) {
            MemorySegment data = file.bytes().asSlice(at.getAsLong(), bytes);
            return new CheckpointTensor(name, dtype, shape, arena -> data);
        }
        return new CheckpointTensor(name, dtype, shape, arena -> decoded(name, arena));
    }

    /** Chunked, compressed, compact or big-endian. One at a time: the HDF5 reader is for one thread. */
    private synchronized MemorySegment decoded(String name, Arena arena) {
        byte[] elements = refusing(() -> arrays.littleEndian(name));
        MemorySegment data = arena.allocate(Math.max(1, elements.length), 64).asSlice(0, elements.length);
        data.copyFrom(MemorySegment.ofArray(elements));
        return data;
    }

    private DType dtype(Hdf5Element element, String name) {
        return switch (element.kind()) {
            case F64 -> DType.F64;
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case I64 -> DType.I64;
            case I32 -> DType.I32;
            case I16 -> DType.I16;
            case I8 -> DType.I8;
            case U8 -> DType.U8;
            case BOOL -> DType.BOOL;
            case U16, U32, U64 -> throw new CheckpointException(file.path() + ", data set '" + name + "', holds "
                    + element.kind() + "; expected floats, signed integers, uint8 or bool: convert it first.");
        };
    }

    private static <T> T refusing(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (Hdf5Exception e) {
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public CheckpointFormat format() {
        return CheckpointFormat.HDF5;
    }

    @Override
    public SequencedMap<String, CheckpointTensor> tensors() {
        return tensors;
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    /** HDF5 files of weights carry no checksums. */
    @Override
    public boolean verify() {
        return false;
    }

    @Override
    public void close() {
        try {
            arrays.close();
        } finally {
            file.close();
        }
    }
}
