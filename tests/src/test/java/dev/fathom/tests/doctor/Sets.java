package dev.fathom.tests.doctor;

import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.doctor.Checkup;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.Finding;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.data.doctor.Severity;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Small sound sets, rendered once, and what the doctor says of a set. */
final class Sets {
    static final int COUNT = 10;
    /** Rooms with the holes of a Kinect. */
    static final DepthDataset ROOMS = kept(new SynthDataset(71, 0, COUNT, 160, 120, new HoleSettings(0.5)));
    /** Streets with laser points. */
    static final DepthDataset STREETS = kept(new Street(COUNT, 496, 150, false));

    private Sets() {
    }

    /** Rendered; every frame is given out as a copy. */
    record Kept(List<DepthSample> samples) implements DepthDataset {
        @Override
        public int size() {
            return samples.size();
        }

        @Override
        public String name(int index) {
            return samples.get(index).name();
        }

        @Override
        public DepthSample sample(int index) {
            DepthSample sample = samples.get(index);
            return Planted.with(sample, sample.picture().copy(), sample.depth().clone());
        }
    }

    static DepthDataset kept(DepthDataset data) {
        return new Kept(IntStream.range(0, data.size()).mapToObj(data::sample).toList());
    }

    static SetFacts facts(DepthDataset data) {
        return new Checkup(500, 2).of(data, "set", true, () -> true);
    }

    static Diagnosis diagnosis(DepthDataset data) {
        return Diagnosis.of(facts(data), Optional.empty());
    }

    /** Findings that are more than notes. */
    static List<Finding> faults(DepthDataset data) {
        return diagnosis(data).findings().stream().filter(f -> f.severity() != Severity.NOTE).toList();
    }

    static Set<Kind> kinds(List<Finding> findings) {
        return new TreeSet<>(findings.stream().map(Finding::kind).toList());
    }
}
