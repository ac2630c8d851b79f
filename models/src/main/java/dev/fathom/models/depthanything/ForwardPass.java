package dev.fathom.models.depthanything;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.image.NetworkSize;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The forward pass of one picture after another. On the cpu it simply runs. On a GPU a size that comes a second time is
 * captured as a CUDA graph and replayed from then on, so that the host's hundred launches cost as much as one.
 */
interface ForwardPass extends AutoCloseable {
    /**
     * @param input one picture after another, [N, size.height, size.width, 3], normalised
     * @return [N,H,W] in the innermost scope or, until the next call, in the pass's own
     */
    Tensor run(float[] input, NetworkSize size);

    @Override
    void close();

    /** N. */
    private static int pictures(float[] input, NetworkSize size) {
        return input.length / (3 * size.width() * size.height());
    }

    /** The pass that suits the device of the model's weights. */
    static ForwardPass of(DepthAnythingV2 model) {
        return CapturedPass.isPossibleOn(model.device()) ? new Captured(model) : new Plain(model);
    }

    /** Runs the operations one by one. */
    record Plain(DepthAnythingV2 model) implements ForwardPass {
        @Override
        public Tensor run(float[] input, NetworkSize size) {
            return model.forward(Tensors.of(input, pictures(input, size), size.height(), size.width(), 3).to(model.device()));
        }

        @Override
        public void close() {
            // Nothing is kept.
        }
    }

    /** Captures the sizes that come again. */
    final class Captured implements ForwardPass {
        /** Each holds the memory of a pass; more sizes than this take turns. */
        private static final int MOST = 8;

        /** What a pass is captured for: so many pictures of one size. */
        private record Batch(NetworkSize size, int pictures) {
        }

        private record Size(Tensor input, CapturedPass pass) {
        }

        private final DepthAnythingV2 model;
        private final MemoryScope kept = MemoryScope.standing("captured passes");
        /** {@link #weightVersion} of the captured passes. */
        private long version;
        private final Set<Batch> seen = new HashSet<>();
        /** In the order of their last use. */
        private final Map<Batch, Size> sizes = new LinkedHashMap<>(16, 0.75f, true);

        private Captured(DepthAnythingV2 model) {
            this.model = model;
        }

        @Override
        public Tensor run(float[] input, NetworkSize size) {
            Batch batch = new Batch(size, pictures(input, size));
            if (seen.add(batch)) {
                return new Plain(model).run(input, size);
            }
            forgetOldWeights();
            Size captured = sizes.get(batch);
            if (captured == null) {
                captured = capture(batch);
                sizes.put(batch, captured);
                dropOldest();
            }
            captured.input.copyFrom(input);
            return captured.pass.replay().get(0);
        }

        private Size capture(Batch batch) {
            try (MemoryScope.Visit inside = kept.enter()) {
                Tensor input = Tensors.zeros(new TensorSpec(Shape.of(batch.pictures, batch.size.height(),
                        batch.size.width(), 3), DType.F32), model.device());
                return new Size(input, CapturedPass.of(model.device(), () -> List.of(model.forward(input))));
            }
        }

        /** In mixed precision a captured pass reads casts of the weights, made before it was captured. */
        private void forgetOldWeights() {
            long now = weightVersion();
            if (now != version) {
                sizes.values().forEach(this::release);
                sizes.clear();
                version = now;
            }
        }

        /** Grows whenever a weight is overwritten. */
        private long weightVersion() {
            return model.parameters().all().stream().mapToLong(p -> p.tensor().storage().version()).sum();
        }

        private void dropOldest() {
            if (sizes.size() > MOST) {
                Iterator<Size> oldest = sizes.values().iterator();
                release(oldest.next());
                oldest.remove();
            }
        }

        private void release(Size size) {
            Tensor result = size.pass.results().get(0);
            size.pass.close();
            kept.drop(result);
            kept.drop(size.input);
        }

        @Override
        public void close() {
            sizes.values().forEach(s -> s.pass.close());
            sizes.clear();
            kept.close();
        }
    }
}
