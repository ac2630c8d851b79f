package dev.fathom.tools.bench;

import dev.fathom.engine.Precision;
import dev.fathom.models.depthanything.Encoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a benchmark is to measure.
 *
 * @param topics which parts
 * @param encoders of the models, each at every one of {@code batches}
 * @param side of pictures in pixels
 * @param runs timed runs of everything, after some to warm up
 * @param precision what products are computed in
 * @param recompute whether steps are measured with activation checkpointing too
 * @param profile whether models are also told by module
 * @param only of the operations alone those whose line has this in it
 * @param launcher the script to time commands with; none for the one that this program came with
 */
public record BenchPlan(Set<Topic> topics, List<Encoder> encoders, int side, List<Integer> batches, int runs,
                        Precision precision, boolean recompute, boolean profile, Pattern only,
                        Optional<Path> launcher) {
    /** What can be asked for by name. */
    public enum Topic {
        /** Forward passes. */
        MODEL,
        /** Steps of the trainer. */
        STEP,
        /** Every operation of a model by itself, at the shapes that it has there. */
        OPS,
        /** One thread against all. */
        THREADS,
        /** A data set through the evaluator, and what that costs beside the network. */
        EVALUATE,
        /** Reading, resizing, colouring, writing. */
        PICTURES,
        /** Whole commands from the shell. */
        COLD;

        /** The word on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** In the order of the topics. */
    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (Encoder encoder : encoders) {
            for (int batch : batches) {
                ModelBench bench = new ModelBench(encoder, side, batch, precision, false);
                if (topics.contains(Topic.MODEL)) {
                    parts.add(new ModelPart(bench, false, profile, runs));
                }
                if (topics.contains(Topic.STEP)) {
                    parts.add(new ModelPart(bench, true, profile, runs));
                    if (recompute) {
                        ModelBench again = new ModelBench(encoder, side, batch, precision, true);
                        parts.add(new ModelPart(again, true, profile, runs));
                    }
                    parts.add(new ListenersPart(bench, runs));
                }
            }
        }
        for (Encoder encoder : encoders) {
            for (int batch : batches) {
                ModelBench bench = new ModelBench(encoder, side, batch, precision, false);
                if (topics.contains(Topic.OPS)) {
                    parts.add(new OpsPart(bench, runs, only));
                }
                if (topics.contains(Topic.THREADS)) {
                    parts.add(new ThreadsPart(bench, runs));
                }
            }
        }
        if (topics.contains(Topic.EVALUATE)) {
            for (Encoder encoder : encoders) {
                parts.add(new EvaluatePart(new ModelBench(encoder, side, 1, precision, false), runs));
            }
        }
        if (topics.contains(Topic.PICTURES)) {
            parts.add(new PicturesPart(side, runs));
        }
        if (topics.contains(Topic.COLD)) {
            parts.add(new ColdPart(launcher.orElseGet(ColdPart::ownLauncher), encoders.getFirst(), side, runs));
        }
        return parts;
    }
}
