package dev.fathom.engine;

import dev.fathom.engine.autograd.Node;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.ops.Narrow;
import dev.fathom.engine.ops.Reshape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * An n-dimensional array: immutable metadata over a {@link Storage}.
 *
 * <p>Always dense and row-major. The only views are {@link #reshape} and {@link #narrow} (a range of the first axis);
 * every other movement is an operation that writes a dense result. Pictures are channels-last, [N,H,W,C], so that ViT
 * tokens [N,T,C] are already a picture and channels are contiguous for vector lanes.
 *
 * <p>A tensor made by an operation while gradients are recorded carries the {@link Node} that made it.
 */
public final class Tensor {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Storage storage;
    private final long byteOffset;
    private final Shape shape;
    private final DType dtype;
    private final Device device;
    private final Node node;
    private final int slot;
    private final boolean leafWithGrad;

    private Tensor(Storage storage, long byteOffset, Shape shape, DType dtype, Device device, Node node, int slot,
            boolean leafWithGrad) {
        this.storage = storage;
        this.byteOffset = byteOffset;
        this.shape = shape;
        this.dtype = dtype;
        this.device = device;
        this.node = node;
        this.slot = slot;
        this.leafWithGrad = leafWithGrad;
    }

    /** A new tensor of the innermost {@code MemoryScope} with unset contents; see {@link Tensors} for filled ones. */
    public static Tensor allocate(TensorSpec spec, Device device) {
        return new Tensor(Storage.allocate(spec.bytes(), Backends.of(device)), 0, spec.shape(), spec.dtype(), device, null, 0, false);
    }

    /** A tensor over bytes that somebody else owns (a mapped file); they must outlive it. */
    public static Tensor wrap(MemorySegment bytes, TensorSpec spec) {
        if (bytes.byteSize() != spec.bytes()) {
            throw new ShapeException("a tensor " + spec + " takes " + spec.bytes() + " bytes, got " + bytes.byteSize());
        }
        return new Tensor(Storage.wrap(bytes), 0, spec.shape(), spec.dtype(), Device.CPU, null, 0, false);
    }

    public Shape shape() {
        return shape;
    }

    /** Extent of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return shape.dim(axis);
    }

    public int rank() {
        return shape.rank();
    }

    public long numel() {
        return shape.numel();
    }

    public DType dtype() {
        return dtype;
    }

    public Device device() {
        return device;
    }

    public TensorSpec spec() {
        return new TensorSpec(shape, dtype);
    }

    public Storage storage() {
        return storage;
    }

    /** The recorded step that made this tensor; null for leaves and wherever nothing was recorded. */
    public Node node() {
        return node;
    }

    /** Whether gradients flow to or through this tensor. */
    public boolean requiresGrad() {
        return leafWithGrad || node != null;
    }

    /**
     * Exactly this tensor's bytes, which must be on a host device. Throws if the owning scope was closed.
     *
     * @throws dev.fathom.engine.errors.DeviceException for a tensor on a GPU: copy it with {@link #to(Device)}
     */
    public MemorySegment segment() {
        return storage.segment().asSlice(byteOffset, bytes());
    }

    /** Where this tensor starts, in the address space of its device. Throws if the owning scope was closed. */
    public long address() {
        return storage.address() + byteOffset;
    }

    /** Size of all elements in bytes. */
    public long bytes() {
        return shape.numel() * dtype.bytes();
    }

    /** The same values on another device: a copy in the innermost scope, or this tensor where it is there already. */
    public Tensor to(Device other) {
        return other.equals(device) ? this : Tensors.convert(this, dtype, other);
    }

    /** The same bytes as a leaf that asks for a gradient: what a parameter is. */
    public Tensor asParameter() {
        return new Tensor(storage, byteOffset, shape, dtype, device, null, 0, true);
    }

    /** The same bytes, unknown to autograd. */
    public Tensor detach() {
        return requiresGrad() ? new Tensor(storage, byteOffset, shape, dtype, device, null, 0, false) : this;
    }

    /** For autograd: the same bytes as output {@code outputSlot} of a recorded step. */
    public Tensor recordedBy(Node step, int outputSlot) {
        return new Tensor(storage, byteOffset, shape, dtype, device, step, outputSlot, false);
    }

    /** Which output of {@link #node()} this is. */
    public int slot() {
        return slot;
    }

    /** For view operations: other metadata over a range of the same bytes. */
    public Tensor view(long elementOffset, Shape viewShape) {
        if (elementOffset < 0 || elementOffset + viewShape.numel() > numel()) {
            throw new ShapeException("a view of " + viewShape + " at element " + elementOffset + " leaves " + spec());
        }
        return new Tensor(storage, byteOffset + elementOffset * dtype.bytes(), viewShape, dtype, device, null, 0,
                false);
    }

    /** The same elements in the same order under another shape; one extent may be -1. A view: no bytes move. */
    public Tensor reshape(int... dims) {
        return reshape(shape.reshaped(dims));
    }

    public Tensor reshape(Shape to) {
        return to.equals(shape) ? this : Dispatcher.run1(new Reshape(to), this);
    }

    /** Entries [start, start + length) of the first axis. A view: no bytes move. */
    public Tensor narrow(int start, int length) {
        return Dispatcher.run1(new Narrow(start, length), this);
    }

    /** The single value of a one-element tensor. */
    public double item() {
        if (numel() != 1) {
            throw new ShapeException("item() needs a tensor of one element, got " + spec());
        }
        return get(hostBytes(), 0);
    }

    /** All elements as float32, row-major. */
    public float[] toFloats() {
        MemorySegment s = hostBytes();
        float[] out = new float[Math.toIntExact(numel())];
        if (dtype == DType.F32) {
            MemorySegment.copy(s, FLOAT, 0, out, 0, out.length);
        } else {
            for (int i = 0; i < out.length; i++) {
                out[i] = (float) get(s, i);
            }
        }
        return out;
    }

    /** All elements as float64, row-major; integers and masks too. */
    public double[] toDoubles() {
        MemorySegment s = hostBytes();
        double[] out = new double[Math.toIntExact(numel())];
        for (int i = 0; i < out.length; i++) {
            out[i] = get(s, i);
        }
        return out;
    }

    /** Overwrites all elements, rounding to the dtype. For inputs and tests; not recorded by autograd. */
    public Tensor copyFrom(double[] values) {
        checkLength(values.length);
        return write(s -> {
            for (int i = 0; i < values.length; i++) {
                set(s, i, values[i]);
            }
        });
    }

    /** Overwrites all elements, rounding to the dtype. For inputs; not recorded by autograd. */
    public Tensor copyFrom(float[] values) {
        checkLength(values.length);
        return write(s -> {
            if (dtype == DType.F32) {
                MemorySegment.copy(values, 0, s, FLOAT, 0, values.length);
            } else {
                for (int i = 0; i < values.length; i++) {
                    set(s, i, values[i]);
                }
            }
        });
    }

    /** Overwrites all bytes, which must be as many as this tensor has. For inputs; not recorded by autograd. */
    public Tensor copyFrom(MemorySegment values) {
        if (values.byteSize() != bytes()) {
            throw new ShapeException("copyFrom: " + spec() + " has " + bytes() + " bytes, got " + values.byteSize());
        }
        return write(s -> s.copyFrom(values));
    }

    /** Lets {@code fill} write this tensor's bytes: in place on the host, through a copy for a device. */
    private Tensor write(Consumer<MemorySegment> fill) {
        storage.touch();
        if (device.isHost()) {
            fill.accept(segment());
        } else {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment host = arena.allocate(Math.max(1, bytes()), 64).asSlice(0, bytes());
                fill.accept(host);
                Backends.of(device).upload(host, this);
            }
        }
        return this;
    }

    /** This tensor's bytes on the host: its own there, or a copy from a device once its work is done. */
    public MemorySegment hostBytes() {
        if (device.isHost()) {
            return segment();
        }
        MemorySegment host = Arena.ofAuto().allocate(Math.max(1, bytes()), 64).asSlice(0, bytes());
        Backends.of(device).download(this, host);
        return host;
    }

    private void checkLength(int length) {
        if (length != numel()) {
            throw new ShapeException("copyFrom: " + spec() + " has " + numel() + " elements, got " + length);
        }
    }

    private double get(MemorySegment s, long i) {
        return switch (dtype) {
            case F64 -> s.getAtIndex(DOUBLE, i);
            case F32 -> s.getAtIndex(FLOAT, i);
            case F16 -> HalfFloats.fromFloat16(s.getAtIndex(SHORT, i));
            case BF16 -> HalfFloats.fromBfloat16(s.getAtIndex(SHORT, i));
            case I64 -> s.getAtIndex(LONG, i);
            case I32 -> s.getAtIndex(INT, i);
            case I16 -> s.getAtIndex(SHORT, i);
            case I8 -> s.get(ValueLayout.JAVA_BYTE, i);
            case U8, BOOL -> s.get(ValueLayout.JAVA_BYTE, i) & 0xff;
        };
    }

    private void set(MemorySegment s, long i, double v) {
        switch (dtype) {
            case F64 -> s.setAtIndex(DOUBLE, i, v);
            case F32 -> s.setAtIndex(FLOAT, i, (float) v);
            case F16 -> s.setAtIndex(SHORT, i, HalfFloats.toFloat16(v));
            case BF16 -> s.setAtIndex(SHORT, i, HalfFloats.toBfloat16(v));
            case I64 -> s.setAtIndex(LONG, i, (long) v);
            case I32 -> s.setAtIndex(INT, i, (int) v);
            case I16 -> s.setAtIndex(SHORT, i, (short) v);
            case I8, U8 -> s.set(ValueLayout.JAVA_BYTE, i, (byte) (long) v);
            case BOOL -> s.set(ValueLayout.JAVA_BYTE, i, (byte) (v != 0 ? 1 : 0));
            default -> throw new DTypeException("cannot store into " + dtype);
        }
    }

    @Override
    public String toString() {
        return dtype + shape.toString() + "@" + device + (storage.isClosed() ? " (closed)" : "");
    }
}
