package dev.fathom.training.step;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.nn.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gradients of one part after another, added up in float32 in that order. The first part's own tensors become the sum; what
 * comes later may be freed once it is added.
 */
final class GradientSum {
    private final List<Tensor> parameters;
    private final Map<Tensor, Tensor> byParameter = new LinkedHashMap<>();
    private boolean begun;

    /** @param parameters whose gradients are wanted, in the order in which they are kept */
    GradientSum(List<Parameter> parameters) {
        this.parameters = parameters.stream().filter(Parameter::requiresGrad).map(Parameter::tensor).toList();
    }

    /** A place in memory: two parameters that a sum joins get one and the same gradient, which must be added once. */
    private record Place(Storage storage, long address) {
        static Place of(Tensor t) {
            return new Place(t.storage(), t.address());
        }
    }

    void add(Gradients part) {
        Map<Tensor, Tensor> next = begun ? new LinkedHashMap<>() : byParameter;
        for (Tensor parameter : parameters) {
            Tensor gradient = part.of(parameter);
            if (gradient != null) {
                next.put(parameter, gradient);
            }
        }
        if (begun) {
            if (!next.keySet().equals(byParameter.keySet())) {
                throw new IllegalStateException("two parts of a batch have gradients of different parameters");
            }
            addInPlace(distinct(next), distinct(byParameter));
        }
        begun = true;
    }

    private static void addInPlace(List<Tensor> terms, List<Tensor> sums) {
        try (GradMode.Scope off = GradMode.noGrad()) {
            for (int i = 0; i < sums.size(); i++) {
                Dispatcher.run(new AddInPlace(), sums.get(i), terms.get(i));
            }
        }
    }

    private static List<Tensor> distinct(Map<Tensor, Tensor> gradients) {
        Set<Place> seen = new HashSet<>();
        List<Tensor> distinct = new ArrayList<>();
        gradients.values().stream().filter(g -> seen.add(Place.of(g))).forEach(distinct::add);
        return distinct;
    }

    /** By the parameter's tensor; empty if nothing was added. */
    Map<Tensor, Tensor> byParameter() {
        return byParameter;
    }

    /** The tensors of the sum, each place in memory once; empty if nothing was added. */
    List<Tensor> tensors() {
        return distinct(byParameter);
    }
}
