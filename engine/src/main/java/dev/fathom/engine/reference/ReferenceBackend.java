package dev.fathom.engine.reference;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.HostBackend;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.ops.Op;
import java.util.ArrayList;
import java.util.List;

/** Runs {@link Op#reference}: one kernel for all operations. */
public final class ReferenceBackend implements HostBackend {
    @Override
    public Device device() {
        return Device.REFERENCE;
    }

    @Override
    public Kernel<Op> kernel(Op op, List<Tensor> in) {
        return ReferenceBackend::run;
    }

    private static void run(Op op, List<Tensor> in, List<Tensor> out) {
        List<NdArray> inputs = new ArrayList<>();
        List<NdArray> outputs = new ArrayList<>();
        in.forEach(t -> inputs.add(new NdArray(t.shape(), t.toDoubles())));
        out.forEach(t -> outputs.add(NdArray.zeros(t.shape())));
        op.reference(inputs, outputs);
        for (int i = 0; i < out.size(); i++) {
            out.get(i).copyFrom(outputs.get(i).data());
        }
        for (int i : op.mutates()) {
            in.get(i).copyFrom(inputs.get(i).data());
        }
    }
}
