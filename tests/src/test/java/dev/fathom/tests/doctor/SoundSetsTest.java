package dev.fathom.tests.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.doctor.Checkup;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.Finding;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing is wrong with sets that nothing is wrong with; and what is looked at is what was asked for. */
class SoundSetsTest {
    static Stream<DepthDataset> sound() {
        return Stream.of(Sets.ROOMS, Sets.STREETS, new SynthDataset(5, 100, 8, 160, 120, HoleSettings.NONE),
                new SynthDataset(6, 0, 3, 240, 180, new HoleSettings(1)), new SynthDataset(8, 0, 1, 160, 120,
                HoleSettings.NONE), new SynthDataset(9, 0, 3, 120, 160, HoleSettings.NONE), new Street(8, 160, 94,
                true));
    }

    @ParameterizedTest
    @MethodSource("sound")
    void aSoundSetHasNoFault(DepthDataset data) {
        assertEquals(List.of(), Sets.faults(data));
    }

    /** A laser's holes are no fault, but said. */
    @Test
    void ofLaserPointsTheHolesAreSaid() {
        List<Finding> findings = Sets.diagnosis(Sets.STREETS).findings();
        assertEquals(1, findings.size(), findings.toString());
        assertEquals(Kind.HOLES, findings.getFirst().kind());
        assertTrue(findings.getFirst().why().contains("laser"), findings.toString());
    }

    @Test
    void roomsOfOneSeedHaveNothingInCommon() {
        SetFacts others = Sets.facts(new SynthDataset(71, Sets.COUNT, 6, 160, 120, HoleSettings.NONE));
        assertEquals(List.of(), Diagnosis.of(Sets.facts(Sets.ROOMS), Optional.of(others)).findings());
    }

    @Test
    void framesAreEvenlySpreadAndTheSameForAnyNumberOfThreads() {
        SetFacts one = new Checkup(4, 1).of(Sets.ROOMS, "set", false, () -> true);
        SetFacts three = new Checkup(4, 3).of(Sets.ROOMS, "set", false, () -> true);
        assertEquals(List.of(0, 2, 5, 7), one.frames().stream().map(f -> f.index()).toList());
        assertEquals(4, one.looked());
        assertEquals(Sets.COUNT, one.size());
        assertEquals(one.frames().stream().map(f -> f.depth() + " " + f.shift() + f.planes()).toList(),
                three.frames().stream().map(f -> f.depth() + " " + f.shift() + f.planes()).toList());
        assertEquals(one.surface().best(), three.surface().best());
    }

    @Test
    void anInterruptedLookIsWhatWasSeenSoFar() {
        AtomicInteger asked = new AtomicInteger();
        SetFacts seen = new Checkup(500, 2).of(Sets.ROOMS, "set", false, () -> asked.incrementAndGet() < 3);
        assertEquals(3, seen.looked());
        assertEquals(Sets.COUNT, seen.planned());
        assertEquals(3, seen.frames().size());
        assertEquals(List.of(), Diagnosis.of(seen, Optional.empty()).findings());
    }
}
