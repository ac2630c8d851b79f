package dev.fathom.engine;

import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.ops.FillInPlace;
import java.lang.foreign.MemorySegment;

/** Ways to make a tensor that is not the result of an operation. All belong to the innermost {@code MemoryScope}. */
public final class Tensors {
    private Tensors() {
    }

    /** float32 on the cpu. */
    public static Tensor of(float[] values, int... dims) {
        return Tensor.allocate(new TensorSpec(Shape.of(dims), DType.F32), Device.CPU).copyFrom(values);
    }

    /** float64 on the reference device. */
    public static Tensor reference(double[] values, int... dims) {
        return Tensor.allocate(new TensorSpec(Shape.of(dims), DType.F64), Device.REFERENCE).copyFrom(values);
    }

    /** A mask on the cpu: one byte an element. */
    public static Tensor mask(boolean[] values, int... dims) {
        Tensor t = Tensor.allocate(new TensorSpec(Shape.of(dims), DType.BOOL), Device.CPU);
        MemorySegment s = t.segment();
        for (int i = 0; i < values.length; i++) {
            s.set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) (values[i] ? 1 : 0));
        }
        return t;
    }

    /** All zeros. */
    public static Tensor zeros(TensorSpec spec, Device device) {
        Tensor t = Tensor.allocate(spec, device);
        Backends.of(device).zero(t);
        return t;
    }

    /** All elements the same. */
    public static Tensor full(TensorSpec spec, Device device, double value) {
        Tensor t = Tensor.allocate(spec, device);
        if (!device.isHost() && spec.dtype().isFloat()) {
            Dispatcher.run(new FillInPlace(value), t);
            return t;
        }
        double[] v = new double[Math.toIntExact(t.numel())];
        java.util.Arrays.fill(v, value);
        return t.copyFrom(v);
    }

    /** The same values as another dtype or on another device; a copy, not recorded. */
    public static Tensor convert(Tensor t, DType dtype, Device device) {
        Tensor out = Tensor.allocate(new TensorSpec(t.shape(), dtype), device);
        if (t.dtype() != dtype) {
            return out.copyFrom(t.toDoubles());
        }
        if (t.device().isHost()) {
            Backends.of(device).upload(t.segment(), out);
        } else if (t.device().equals(device)) {
            Backends.of(device).copy(t, out);
        } else if (device.isHost()) {
            Backends.of(t.device()).download(t, out.segment());
        } else {
            throw new DeviceException("a copy from " + t.device() + " to " + device
                    + " goes over the host: convert to cpu first");
        }
        return out;
    }
}
