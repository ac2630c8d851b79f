package dev.fathom.training.step;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.optim.LayerDecay;
import dev.fathom.training.optim.LrScale;
import dev.fathom.training.optim.NamePattern;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.options.OptimOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which parameters a run trains, and at which rate: known from their names alone, before they have values.
 *
 * <p>The rate of a parameter is the encoder's times the decoder's factor, if it belongs to the decoder, times the layer
 * decay's factor, times that of the last {@code --lr-scale} that matches its name.
 */
public final class ParameterPlan {
    private record Key(String part, double factor) {
    }

    private final ParameterSet parameters;
    private final OptimOptions options;
    private final LayerDecay layers;
    private final Set<String> frozen = new HashSet<>();
    private final Map<Key, List<Parameter>> groups = new LinkedHashMap<>();

    /** @throws FathomException if a pattern matches no parameter, or nothing is left to train */
    public ParameterPlan(DepthAnythingV2 model, OptimOptions options) {
        this.parameters = model.parameters();
        this.options = options;
        this.layers = new LayerDecay(options.layerDecay(), model.config().vit().depth());
        List<String> names = parameters.all().stream().map(Parameter::name).toList();
        for (NamePattern pattern : options.freeze()) {
            frozen.addAll(pattern.among(names, "--freeze"));
        }
        for (LrScale scale : options.lrScales()) {
            scale.pattern().among(names, "--lr-scale");
        }
        for (boolean encoder : new boolean[] {true, false}) {
            for (Parameter p : parameters.all()) {
                if (p.trainable() && !frozen.contains(p.name()) && isEncoder(p.name()) == encoder) {
                    groups.computeIfAbsent(new Key(encoder ? "encoder" : "decoder", factor(p.name())),
                            key -> new ArrayList<>()).add(p);
                }
            }
        }
        if (groups.isEmpty()) {
            throw new FathomException("--freeze leaves no parameter to train; freeze less.");
        }
    }

    private static boolean isEncoder(String name) {
        return name.startsWith(DepthAnythingV2.ENCODER_PREFIX);
    }

    /** What the run's learning rate is multiplied by for a parameter. */
    public double factor(String name) {
        double factor = (isEncoder(name) ? 1 : options.headFactor()) * layers.factor(name);
        for (LrScale scale : options.lrScales().reversed()) {
            if (scale.pattern().matches(name)) {
                return factor * scale.factor();
            }
        }
        return factor;
    }

    /** Freezes what is to be frozen: before the optimiser is made, with or without values. */
    public void freeze() {
        parameters.all().stream().filter(p -> frozen.contains(p.name())).forEach(Parameter::freeze);
    }

    /** The parameters in training with their values, for the optimiser: the encoder's, then the decoder's. */
    public List<ParameterGroup> groups() {
        List<ParameterGroup> made = new ArrayList<>();
        groups.forEach((key, members) -> made.add(new ParameterGroup(key.part, key.factor,
                members.stream().map(p -> new Trainable(p.name(), p.tensor())).toList())));
        return made;
    }

    /** Everything in training. */
    public List<Trainable> trained() {
        return groups().stream().flatMap(group -> group.members().stream()).toList();
    }

    /**
     * For people: {@code 34 tensors at lr 5.0e-06: pretrained.cls_token ...}, one line a group, and what is frozen.
     * Nothing if there are but an encoder and a decoder, each with its rate.
     */
    public List<String> lines() {
        if (options.freeze().isEmpty() && options.lrScales().isEmpty() && options.layerDecay() == 1) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        groups.forEach((key, members) -> lines.add(String.format(Locale.ROOT, "%4d tensor%s at lr %.2e: %s%s",
                members.size(), members.size() == 1 ? "" : "s", options.learningRate() * key.factor,
                members.getFirst().name(), members.size() == 1 ? "" : " ...")));
        if (!frozen.isEmpty()) {
            long numbers = parameters.all().stream().filter(p -> frozen.contains(p.name())).mapToLong(Parameter::numel)
                    .sum();
            lines.add(String.format(Locale.ROOT, "%4d tensor%s frozen, %,d of %,d numbers", frozen.size(),
                    frozen.size() == 1 ? "" : "s", numbers,
                    parameters.all().stream().mapToLong(Parameter::numel).sum()));
        }
        return lines;
    }
}
