package dev.fathom.nn;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.DoubleSupplier;

/**
 * A named tensor of a model: a weight, or (not {@link #trainable()}) a buffer such as BatchNorm's running mean. It has
 * no value until the model is initialised or loaded.
 */
public final class Parameter {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final Shape torchShape;
    private final WeightLayout layout;
    private final Init init;
    private final boolean trainable;
    private final DType stateDType;
    private Tensor tensor;
    private boolean frozen;

    Parameter(String name, Shape torchShape, WeightLayout layout, Init init, boolean trainable, DType stateDType) {
        this.name = name;
        this.torchShape = torchShape;
        this.layout = layout;
        this.init = init;
        this.trainable = trainable;
        this.stateDType = stateDType;
    }

    /** PyTorch's full name, for example {@code pretrained.blocks.0.attn.qkv.weight}. */
    public String name() {
        return name;
    }

    /** The shape in a PyTorch state dict; the tensor's own is {@code layout().engineShape(torchShape())}. */
    public Shape torchShape() {
        return torchShape;
    }

    public WeightLayout layout() {
        return layout;
    }

    /** Whether training changes it through gradients; buffers change otherwise, or never. */
    public boolean trainable() {
        return trainable;
    }

    /**
     * Lets training leave it as it is: a weight asks for no gradient from now on ({@code requires_grad_(False)}), and a
     * batch norm whose running mean or variance is frozen goes by them in training too. Freeze before an optimiser is
     * made; a value that is loaded later is frozen as well.
     */
    public void freeze() {
        frozen = true;
        tensor = tensor == null ? null : tensor.detach();
    }

    /** Whether {@link #freeze} was called. */
    public boolean isFrozen() {
        return frozen;
    }

    /** Whether a backward pass gives a gradient for it: a weight that is not frozen. */
    public boolean requiresGrad() {
        return trainable && !frozen;
    }

    public long numel() {
        return torchShape.numel();
    }

    /** The value, float32 in the engine's layout. */
    public Tensor tensor() {
        if (tensor == null) {
            throw new IllegalStateException("parameter " + name
                    + " has no value: initialise the model or load a checkpoint first");
        }
        return tensor;
    }

    public boolean hasValue() {
        return tensor != null;
    }

    /** Draws the start value, in the innermost {@code MemoryScope}. */
    void initialise(long seed, Device device) {
        DoubleSupplier values = init.values(name, seed);
        if (device.equals(Device.CPU)) {
            // In place: arrays of a whole model, however short-lived, would let the heap grow for good.
            allocate(device);
            MemorySegment memory = tensor.segment();
            layout.visit(torchShape, (t, e) -> memory.setAtIndex(FLOAT, e, (float) values.getAsDouble()));
            return;
        }
        float[] engineOrder = new float[Math.toIntExact(numel())];
        layout.visit(torchShape, (t, e) -> engineOrder[(int) e] = (float) values.getAsDouble());
        set(engineOrder, device);
    }

    /** Takes values in the engine's order, copied into a new tensor of the innermost {@code MemoryScope}. */
    void set(float[] engineOrder, Device device) {
        allocate(device);
        tensor.copyFrom(engineOrder);
    }

    /** Takes a new tensor of the innermost {@code MemoryScope} whose contents are unset. */
    void allocate(Device device) {
        DType compute = device.equals(Device.REFERENCE) ? DType.F64 : DType.F32;
        adopt(Tensor.allocate(new TensorSpec(layout.engineShape(torchShape), compute), device));
    }

    /** Takes a tensor of the right shape as it is. */
    void adopt(Tensor value) {
        if (!value.shape().equals(layout.engineShape(torchShape))) {
            throw new IllegalArgumentException("parameter " + name + " is " + layout.engineShape(torchShape) + ", got "
                    + value.shape());
        }
        tensor = requiresGrad() ? value.asParameter() : value;
    }

    /**
     * Puts another tensor in the place of the value, as it is, and returns the value: for a while, such as weights'
     * averages during a validation. Put it back before training goes on.
     */
    public Tensor exchange(Tensor other) {
        Tensor before = tensor();
        if (!other.spec().equals(before.spec()) || !other.device().equals(before.device())) {
            throw new IllegalArgumentException("parameter " + name + " is " + before + ", got " + other);
        }
        tensor = other;
        return before;
    }

    /** Elements reordered from PyTorch's layout to the engine's. */
    float[] fromTorch(float[] torchOrder) {
        if (layout == WeightLayout.PLAIN) {
            return torchOrder;
        }
        float[] out = new float[torchOrder.length];
        layout.visit(torchShape, (t, e) -> out[(int) e] = torchOrder[(int) t]);
        return out;
    }

    /**
     * The value as a state dict holds it: PyTorch's shape and order, float32 (counters: int64). Where nothing has to be
     * permuted on the host it is the tensor's own memory, not a copy: write it before the next training step.
     */
    public CheckpointTensor toState() {
        return toState(name, tensor());
    }

    /**
     * Another tensor of this parameter's kind (an optimiser's moment) under another name, in PyTorch's shape and order.
     */
    public CheckpointTensor toState(String as, Tensor value) {
        if (stateDType == DType.I64) {
            MemorySegment counter = Arena.ofAuto().allocate(8, 8);
            counter.set(ValueLayout.JAVA_LONG, 0, (long) value.item());
            return CheckpointTensor.of(as, DType.I64, torchShape, counter);
        }
        if (layout == WeightLayout.PLAIN && value.dtype() == DType.F32) {
            return CheckpointTensor.of(as, DType.F32, torchShape, value.hostBytes());
        }
        float[] engine = value.toFloats();
        MemorySegment torch = Arena.ofAuto().allocate(Math.max(4, engine.length * 4L), 64)
                .asSlice(0, engine.length * 4L);
        layout.visit(torchShape, (t, e) -> torch.setAtIndex(FLOAT, t, engine[(int) e]));
        return CheckpointTensor.of(as, DType.F32, torchShape, torch);
    }

    /** The reverse of {@link #toState(String, Tensor)}: a new float32 tensor of the innermost {@code MemoryScope}. */
    public Tensor tensorOf(CheckpointTensor state) {
        if (!state.shape().equals(torchShape)) {
            throw new CheckpointException(state.name() + " is " + state.shape() + ", expected " + torchShape + " as "
                    + name);
        }
        return Tensors.of(fromTorch(fromState(state)), layout.engineShape(torchShape).toArray());
    }

    /** Elements of a state dict's entry, in PyTorch's order as they lie there. */
    float[] fromState(CheckpointTensor state) {
        if (stateDType == DType.I64) {
            return new float[] {state.data().get(ValueLayout.JAVA_LONG_UNALIGNED, 0)};
        }
        return state.toFloats();
    }

    /** The dtype in a state dict: float32, or int64 for counters. */
    DType stateDType() {
        return stateDType;
    }

    @Override
    public String toString() {
        return name + torchShape;
    }
}
