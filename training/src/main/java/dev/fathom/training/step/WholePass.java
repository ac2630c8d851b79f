package dev.fathom.training.step;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.debug.Section;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Each batch in one piece on one device: forward, loss and backward, all recorded. On a GPU the second batch of a shape is
 * captured as a CUDA graph, and later ones replay it: the host then issues a step's thousand launches as one.
 */
final class WholePass implements GradientPass {
    private final DepthAnythingV2 model;
    private final Objective objective;
    private final Precision precision;
    private final boolean captures;
    private MemoryScope kept = MemoryScope.standing("captured step");
    private Shape seen;
    private Captured captured;

    /**
     * @param objective what is made small
     * @param precision of the forward pass, and so of the gradients of its activations
     */
    WholePass(DepthAnythingV2 model, Objective objective, Precision precision) {
        this.model = model;
        this.objective = objective;
        this.precision = precision;
        // The run before a capture would move the running statistics of batch norms a second time.
        boolean hasStatistics = model.parameters().all().stream().anyMatch(p -> !p.trainable() && !p.isFrozen());
        this.captures = !hasStatistics && CapturedPass.isPossibleOn(model.device());
    }

    /** Where a batch lies on the device, and the scale of its loss. */
    private record Inputs(Tensor image, Tensor target, Tensor mask, Tensor scale) {
        static Inputs allocate(Batch batch, Device device) {
            int n = batch.size();
            int side = batch.side();
            DType number = device.equals(Device.REFERENCE) ? DType.F64 : DType.F32;
            return new Inputs(Tensor.allocate(new TensorSpec(Shape.of(n, side, side, 3), number), device),
                    Tensor.allocate(new TensorSpec(Shape.of(n, side, side), number), device),
                    Tensor.allocate(new TensorSpec(Shape.of(n, side, side), DType.BOOL), device),
                    Tensor.allocate(new TensorSpec(Shape.SCALAR, number), device));
        }

        Inputs take(Batch batch, double lossScale) {
            image.copyFrom(batch.image());
            target.copyFrom(batch.depth());
            mask.copyFrom(MemorySegment.ofArray(batch.valid()));
            scale.copyFrom(new double[] {lossScale});
            return this;
        }
    }

    private record Captured(Inputs inputs, CapturedPass pass, List<Tensor> parameters) {
    }

    @Override
    public Result run(Batch batch, double lossScale) {
        Shape shape = Shape.of(batch.size(), batch.side());
        if (!captures || !shape.equals(seen)) {
            seen = seen == null ? shape : seen;
            return once(Inputs.allocate(batch, model.device()).take(batch, lossScale));
        }
        if (captured == null) {
            captured = capture(batch, lossScale);
        }
        captured.inputs.take(batch, lossScale);
        return result(captured.pass.replay(), captured.parameters);
    }

    private Captured capture(Batch batch, double lossScale) {
        try (MemoryScope.Visit inside = kept.enter()) {
            Inputs inputs = Inputs.allocate(batch, model.device()).take(batch, lossScale);
            List<Tensor> parameters = new ArrayList<>();
            CapturedPass pass = CapturedPass.of(model.device(), () -> {
                Result result = once(inputs);
                parameters.clear();
                parameters.addAll(result.byParameter().keySet());
                List<Tensor> all = new ArrayList<>(List.of(result.loss()));
                parameters.forEach(p -> all.add(result.byParameter().get(p)));
                return all;
            });
            return new Captured(inputs, pass, parameters);
        }
    }

    private static Result result(List<Tensor> lossAndGradients, List<Tensor> parameters) {
        Map<Tensor, Tensor> byParameter = new LinkedHashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
            byParameter.put(parameters.get(i), lossAndGradients.get(i + 1));
        }
        return new Result(lossAndGradients.get(0), byParameter);
    }

    private Result once(Inputs in) {
        Tensor loss;
        try (Autocast mixed = Autocast.open(precision)) {
            Tensor prediction = model.forward(in.image);
            try (Section section = Section.open(Section.LOSS)) {
                loss = objective.of(prediction, in.target, in.mask);
            }
        }
        Gradients gradients = Backward.of(loss, in.scale, null);
        Map<Tensor, Tensor> byParameter = new LinkedHashMap<>();
        for (Parameter p : model.parameters().trainable()) {
            Tensor gradient = gradients.of(p.tensor());
            if (gradient != null) {
                byParameter.put(p.tensor(), gradient);
            }
        }
        return new Result(loss.detach(), byParameter);
    }

    /** The first batch of a pass is never captured, and this pass begins anew. */
    @Override
    public GradientPass plain() {
        close();
        captured = null;
        seen = null;
        kept = MemoryScope.standing("captured step");
        return new WholePass(model, objective, precision);
    }

    /** Gives back what a GPU keeps between steps. */
    @Override
    public void close() {
        if (captured != null) {
            captured.pass.close();
        }
        kept.close();
    }
}
