package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One named array of a weights file, or one that is to be written to a file.
 *
 * <p>Its bytes are the elements in C order, little-endian, without gaps. They are fetched when asked for: mapped
 * straight from the file where they lie there like that, else gathered, decoded or converted into fresh memory.
 */
public final class CheckpointTensor {
    /** Where the bytes come from. */
    @FunctionalInterface
    interface Source {
        /** The bytes; anything that must be made is allocated in {@code arena}. */
        MemorySegment fetch(Arena arena);
    }

    private final String name;
    private final DType dtype;
    private final Shape shape;
    private final Source source;

    CheckpointTensor(String name, DType dtype, Shape shape, Source source) {
        this.name = name;
        this.dtype = dtype;
        this.shape = shape;
        this.source = source;
    }

    /** A tensor to be written; {@code bytes} must hold exactly its elements and stay alive until then. */
    public static CheckpointTensor of(String name, DType dtype, Shape shape, MemorySegment bytes) {
        var tensor = new CheckpointTensor(name, dtype, shape, arena -> bytes);
        if (bytes.byteSize() != tensor.byteSize()) {
            throw new CheckpointException("tensor '" + name + "' of shape " + shape + " and dtype " + dtype
                    + " comes with "
                    + bytes.byteSize() + " bytes; expected " + tensor.byteSize() + ": pass exactly its elements.");
        }
        return tensor;
    }

    public String name() {
        return name;
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    public long byteSize() {
        return shape.numel() * dtype.bytes();
    }

    /**
     * The elements, read-only. Mapped bytes live as long as the file is open and may start at any address (read them
     * with {@code JAVA_FLOAT_UNALIGNED}, or copy them as bytes); made bytes live as long as {@code arena} and start
     * at a multiple of 64.
     *
     * @throws CheckpointException if the bytes do not match the file's own checksum of them
     */
    public MemorySegment data(Arena arena) {
        return source.fetch(arena).asReadOnly();
    }

    /** As {@link #data(Arena)}; made bytes live as long as the segment is reachable. */
    public MemorySegment data() {
        return data(Arena.ofAuto());
    }

    /** The same elements under another name. */
    public CheckpointTensor renamed(String newName) {
        return new CheckpointTensor(newName, dtype, shape, source);
    }

    /**
     * The same values as another float dtype, rounded to nearest even where it is narrower; made when fetched.
     * Tensors that are not float, and those that have the dtype already, are returned as they are.
     */
    public CheckpointTensor as(DType target) {
        if (target == dtype || !dtype.isFloat()) {
            return this;
        }
        if (!target.isFloat()) {
            throw new CheckpointException("tensor '" + name + "' cannot become " + target
                    + "; expected a float dtype: choose float64, float32, float16 or bfloat16.");
        }
        return new CheckpointTensor(name, target, shape, arena -> {
            MemorySegment out = arena.allocate(Math.max(1, shape.numel() * target.bytes()), 64)
                    .asSlice(0, shape.numel() * target.bytes());
            try (Arena scratch = Arena.ofConfined()) {
                FloatCasts.cast(dtype, source.fetch(scratch), target, out, shape.numel());
            }
            return out;
        });
    }

    /** All elements of a float tensor as float32. */
    public float[] toFloats() {
        if (!dtype.isFloat()) {
            throw new CheckpointException("tensor '" + name + "' is " + dtype + "; expected floats: read its data.");
        }
        try (Arena arena = Arena.ofConfined()) {
            return as(DType.F32).data(arena).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        }
    }

    @Override
    public String toString() {
        return name + " " + dtype + shape;
    }
}
