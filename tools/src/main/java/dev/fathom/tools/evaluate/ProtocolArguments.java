package dev.fathom.tools.evaluate;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.DataDefaults;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.NamedProtocol;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the numbers mean: a named protocol, and each of its choices by itself. */
public final class ProtocolArguments {
    /** Reads a crop for picocli. */
    public static final class CropText implements ITypeConverter<Crop> {
        @Override
        public Crop convert(String text) {
            try {
                return Crop.parse(text);
            } catch (FathomException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Option(names = "--protocol", defaultValue = "trainer", paramLabel = "NAME",
            converter = ProtocolWords.OfProtocol.class, description =
            "trainer (default) as Depth Anything V2's trainer, zero-shot-relative, zero-shot-metric, in-domain-metric or"
            + " in-domain-relative: a preset of the options below, each of which can be set by itself. The last four take"
            + " crop and range of the data set: nyu-* eigen-nyu, 10 m; kitti garg, 80 m.")
    private NamedProtocol protocol;

    @Option(names = "--space", defaultValue = "depth", paramLabel = "NAME",
            converter = ProtocolWords.OfSpace.class, description =
            "What is compared: depth in metres (default), or disparity in 1/m.")
    private Space space;

    @Option(names = "--align", paramLabel = "NAME",
            converter = ProtocolWords.OfAlignment.class, description =
            "What is fitted to each image's truth first: none, median (one factor, Monodepth2), scale (one factor), affine"
            + " (factor and shift), in what is compared; or affine-disparity, factor and shift in disparity (MiDaS).")
    private Alignment align;

    @Option(names = "--fit", paramLabel = "HOW",
            converter = ProtocolWords.OfFitting.class, description =
            "How scale and affine are fitted: least-squares (default), or robust by medians and mean absolute deviations.")
    private Fitting fit;

    @Option(names = "--crop", paramLabel = "NAME", converter = CropText.class, description =
            "Where pixels count: none, eigen-nyu, eigen-kitti, garg, kb, kb+garg, kb+eigen-kitti or box=T,B,L,R (rows"
            + " T to B - 1, columns L to R - 1).")
    private Crop crop;

    @Option(names = {"--min", "--min-depth"}, defaultValue = "0.001", paramLabel = "M", description =
            "Nearer true depths do not count (default: ${DEFAULT-VALUE}).")
    private float min;

    @Option(names = {"--max", "--eval-max-depth"}, paramLabel = "M", description =
            "Farther true depths do not count (default: the data set's in a protocol that has one, else the model's largest"
            + " depth).")
    private Float max;

    @Option(names = "--clamp", negatable = true, fallbackValue = "true", description =
            "Bring predictions into the range of depths that count before they are measured.")
    private Boolean clamp;

    @Option(names = "--flip-average", negatable = true, fallbackValue = "true", description =
            "Models also see the mirrored picture, and the mean of both maps counts.")
    private Boolean flipAverage;

    @Option(names = "--at", defaultValue = "original", paramLabel = "SIZE",
            converter = ProtocolWords.OfResolution.class, description =
            "Compare at the original size (default) or at the network's.")
    private Resolution at;

    @Option(names = "--average", defaultValue = "images", paramLabel = "OVER",
            converter = ProtocolWords.OfAverage.class, description =
            "What weighs the same: images (default) or pixels.")
    private Average average;

    NamedProtocol named() {
        return protocol;
    }

    /** The options that say something else than their defaults, for a data set to which no protocol applies. */
    List<String> changed() {
        Map<String, Boolean> changed = new LinkedHashMap<>();
        changed.put("--protocol", protocol != NamedProtocol.TRAINER);
        changed.put("--space", space != Space.DEPTH);
        changed.put("--align", align != null);
        changed.put("--fit", fit != null);
        changed.put("--crop", crop != null);
        changed.put("--min", min != DataDefaults.MIN);
        changed.put("--max", max != null);
        changed.put("--clamp", clamp != null);
        changed.put("--flip-average", flipAverage != null);
        changed.put("--at", at != Resolution.ORIGINAL);
        changed.put("--average", average != Average.IMAGES);
        return changed.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
    }

    /** Checks what needs no file. */
    void check(CommandSpec spec) {
        WrongCall.orValue(spec, this::plain);
    }

    /** As far as it can be known without a data set and a model. */
    Protocol plain() {
        return made(Optional.empty(), max != null ? max : Float.MAX_VALUE);
    }

    /**
     * All choices.
     *
     * @param format the data set's name on the command line
     * @param modelsLargest metres that the models can predict; empty if none is metric
     */
    public Protocol protocol(String format, Optional<Float> modelsLargest) {
        Optional<Float> data = DataDefaults.of(format).max();
        Optional<Float> farthest = Optional.ofNullable(max).or(() -> protocol.usesData() ? data : Optional.empty())
                .or(() -> modelsLargest).or(() -> data);
        return made(Optional.of(format), farthest.orElseThrow(() -> new FathomException(
                "Nothing says up to which depth pixels count: no metric model is measured, and the field agrees on no range"
                + " for " + format + "; expected --max M, metres.")));
    }

    private Protocol made(Optional<String> format, float farthest) {
        Alignment alignment = align != null ? align : protocol.alignment();
        if (fit != null && !alignment.hasFitting()) {
            throw new FathomException("--fit is " + fit + ", but must be left out with --align " + alignment
                    + ": there is one way to do that.");
        }
        Crop where = crop != null ? crop : protocol.usesData() ? format.map(f -> DataDefaults.of(f).crop()).orElse(Crop.NONE)
                : Crop.NONE;
        return new Protocol(space, alignment, fit == null ? Fitting.LEAST_SQUARES : fit, where, min, farthest,
                clamp != null ? clamp : protocol.clamp(), flipAverage != null ? flipAverage : protocol.flipAverage(), at,
                average);
    }

    /** The named protocol, and which of its own choices were set otherwise: {@code zero-shot-relative but --no-clamp}. */
    String name() {
        List<String> changed = new ArrayList<>();
        if (align != null && align != protocol.alignment()) {
            changed.add("--align " + align);
        }
        if (crop != null) {
            changed.add("--crop " + crop);
        }
        if (clamp != null && clamp != protocol.clamp()) {
            changed.add(clamp ? "--clamp" : "--no-clamp");
        }
        if (flipAverage != null && flipAverage != protocol.flipAverage()) {
            changed.add(flipAverage ? "--flip-average" : "--no-flip-average");
        }
        return protocol + (changed.isEmpty() ? "" : " with " + String.join(", ", changed));
    }
}
