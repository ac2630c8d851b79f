package dev.fathom.engine.dispatch;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Checkpoint;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Node;
import dev.fathom.engine.errors.ClosedTensorException;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.ViewOp;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs operations. In this order: liveness and devices, casts of mixed precision ({@link Autocast}), shapes and dtypes
 * ({@link Op#infer}), outputs, kernel, autograd. Everything that could be wrong is known before memory is touched, so kernels need no checks of their own.
 */
public final class Dispatcher {
    private static volatile DispatchListener listener;

    private Dispatcher() {
    }

    /** Runs an operation with one output. */
    public static Tensor run1(Op op, Tensor... in) {
        return run(op, in).get(0);
    }

    /** Runs an operation. */
    public static List<Tensor> run(Op op, Tensor... inputs) {
        List<Tensor> given = List.of(inputs);
        Device device = check(op, given);
        List<Tensor> in = Autocast.arguments(op, given);
        List<TensorSpec> specs = op.infer(in.stream().map(TensorSpec::of).toList());
        boolean record = GradMode.isEnabled() && wantsGradient(op, in);
        DispatchListener l = listener;
        if (l != null) {
            l.begins(op, in);
        }
        List<Tensor> out = new ArrayList<>(specs.size());
        if (op instanceof ViewOp view) {
            out.add(view.view(in.get(0)));
        } else {
            for (TensorSpec spec : specs) {
                out.add(Tensor.allocate(spec, device));
            }
            if (!Checkpoint.isLast(op)) {
                execute(op, device, in, out);
            }
            for (int i : op.mutates()) {
                in.get(i).storage().touch();
            }
        }
        return record ? Node.record(op, in, out) : out;
    }

    /** Reports every kernel that runs from now on; null ends it. For profiles and benchmarks. */
    public static void listen(DispatchListener to) {
        listener = to;
    }

    /** For autograd: tells a listener which recorded operation's gradient is computed next; null at the end. */
    public static void beginGradient(Op op) {
        DispatchListener l = listener;
        if (l != null) {
            l.gradientOf(op);
        }
    }

    private static void execute(Op op, Device device, List<Tensor> in, List<Tensor> out) {
        Kernel<Op> kernel = Backends.of(device).kernel(op, in);
        DispatchListener l = listener;
        if (l == null) {
            kernel.run(op, in, out);
            return;
        }
        long start = System.nanoTime();
        kernel.run(op, in, out);
        l.ran(op, in, out, System.nanoTime() - start);
    }

    private static Device check(Op op, List<Tensor> in) {
        if (in.isEmpty()) {
            throw new DeviceException(op.name() + ": needs at least one tensor");
        }
        Device device = in.get(0).device();
        for (int i = 0; i < in.size(); i++) {
            Tensor t = in.get(i);
            if (t.storage().isClosed()) {
                throw new ClosedTensorException(op.name() + ": argument " + i + " " + t
                        + " was used after the MemoryScope that owned it was closed");
            }
            if (!t.device().equals(device)) {
                throw new DeviceException(op.name() + ": argument " + i + " " + t + " is not on " + device
                        + " like the first");
            }
        }
        return device;
    }

    private static boolean wantsGradient(Op op, List<Tensor> in) {
        boolean wanted = false;
        for (int i = 0; i < in.size(); i++) {
            if (!in.get(i).requiresGrad()) {
                continue;
            }
            if (op.differentiability().reason() != null) {
                throw new MissingGradientException(op.name() + ": a gradient is wanted through argument " + i + ", but "
                        + op.differentiability().reason() + "; detach() it, or run under GradMode.noGrad()");
            }
            wanted |= op.differentiability().flowsTo(i);
        }
        return wanted;
    }
}
