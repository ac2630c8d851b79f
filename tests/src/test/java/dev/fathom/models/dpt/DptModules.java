package dev.fathom.models.dpt;

import dev.fathom.engine.Tensor;
import dev.fathom.nn.Names;
import java.util.List;
import java.util.function.UnaryOperator;

/** A window for tests into the parts of the decoder, which are nobody else's business. */
public final class DptModules {
    private DptModules() {
    }

    public static UnaryOperator<Tensor> residualConvUnit(Names names, int features, boolean useBn) {
        ResidualConvUnit unit = new ResidualConvUnit(names, features, useBn);
        return x -> unit.forward(x);
    }

    /** A fusion of a map and a skip (null: none) into a size. */
    @FunctionalInterface
    public interface Fusion {
        Tensor of(Tensor x, Tensor skip, int height, int width);
    }

    public static Fusion fusion(Names names, int features) {
        return new FeatureFusionBlock(names, new DptConfig(features, List.of(8, 8, 8, 8), false, false))::forward;
    }
}
