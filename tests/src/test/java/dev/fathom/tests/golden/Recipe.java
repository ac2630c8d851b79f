package dev.fathom.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * How this engine computes what a golden case's {@code op} computed: the forward function, and which tensors change
 * their layout.
 *
 * @param forward reads inputs from the desk and puts results on it
 * @param layouts by name of input or output; gradients follow their input. What is not named is the same in both
 */
record Recipe(Forward forward, Map<String, Layout> layouts) {

    private static final String EVERY_CONVOLUTION = "p:*";

    /** The computation. */
    @FunctionalInterface
    interface Forward {
        void run(Desk desk);
    }

    /** A recipe with a single result {@code y}. */
    static Recipe of(java.util.function.Function<Desk, Tensor> y) {
        return new Recipe(desk -> desk.put("y", y.apply(desk)), Map.of());
    }

    /** A recipe that puts its results itself. */
    static Recipe ofMany(Forward forward) {
        return new Recipe(forward, Map.of());
    }

    /** The same recipe; these tensors are [N,C,H,W] or [O,I,kh,kw] in PyTorch and channels-last here. */
    Recipe channelsLast(String... names) {
        return with(Layout.CHANNELS_LAST, names);
    }

    Recipe with(Layout layout, String... names) {
        Map<String, Layout> all = new HashMap<>(layouts);
        for (String name : names) {
            all.put(name, layout);
        }
        return new Recipe(forward, Map.copyOf(all));
    }

    /** The same recipe; parameters of four axes are convolution weights, [O,I,kh,kw] in PyTorch. */
    Recipe withConvolutionParameters() {
        return with(Layout.CHANNELS_LAST, EVERY_CONVOLUTION);
    }

    /** How a tensor of this name and this many axes is laid out here. */
    Layout layout(String name, int rank) {
        Layout named = layouts.get(name);
        if (named == null && rank == 4 && name.startsWith("p:")) {
            named = layouts.get(EVERY_CONVOLUTION);
        }
        return named == null ? Layout.SAME : named;
    }

    /**
     * What a recipe works with: the case's inputs as tensors of one device, its arguments, and room for its results.
     */
    static final class Desk {
        private final GoldenCase golden;
        private final Map<String, Tensor> inputs;
        private final Map<String, Tensor> results = new HashMap<>();

        Desk(GoldenCase golden, Map<String, Tensor> inputs) {
            this.golden = golden;
            this.inputs = inputs;
        }

        Tensor in(String name) {
            Tensor t = inputs.get(name);
            if (t == null) {
                throw new IllegalArgumentException(golden.name() + " has no input " + name);
            }
            return t;
        }

        boolean has(String name) {
            return inputs.containsKey(name);
        }

        /** Puts another leaf in an input's place: a module makes its parameters itself. */
        void replace(String name, Tensor leaf) {
            in(name);
            inputs.put(name, leaf);
        }

        /** An argument under torch's name; a missing node where the case has none. */
        JsonNode arg(String name) {
            return golden.args().path(name);
        }

        /** The shape of an expected result, in PyTorch's layout. */
        int[] shapeOf(String output) {
            return golden.outputs().stream().filter(o -> o.name().equals(output)).findFirst().orElseThrow().shape();
        }

        void put(String name, Tensor result) {
            results.put(name, result);
        }

        Map<String, Tensor> results() {
            return results;
        }
    }
}
