package dev.fathom.tests.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.Finding;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault that is planted in all frames of a set, or in one, is found, and no other. */
class PlantedFaultsTest {
    /** The frame that faults are planted in alone. */
    private static final int ONE = 4;

    /** What is wrong with a whole set of rooms, and words of the finding. */
    static Stream<Arguments> inAllRooms() {
        return Stream.of(
                arguments("millimetres", Planted.depths(d -> Math.round(1000 * d)), Kind.UNIT,
                        "millimetres read as metres? Then the median would be 3."),
                arguments("centimetres", Planted.depths(d -> 100 * d), Kind.UNIT, "Try unit=cm"),
                arguments("a thousandth", Planted.depths(d -> d / 1000), Kind.UNIT, "too near"),
                arguments("centimetres as millimetres", Planted.depths(d -> Math.round(100 * d) / 1000.0), Kind.UNIT,
                        "the files' own numbers, 1000 a metre, have a median of 3"),
                arguments("scaled to 1", toOne(), Kind.UNIT, "scaled to 0..1"),
                arguments("SUN RGB-D", Planted.millimetres(v -> v << 3 | v >> 13), Kind.BITS, "--dataset sunrgbd:PATH"),
                arguments("turned for no reason", Planted.millimetres(v -> v >> 3 | v << 13), Kind.BITS,
                "once too often"),
                arguments("bytes exchanged", Planted.millimetres(v -> v >> 8 | v << 8), Kind.BITS,
                "two bytes exchanged"),
                arguments("a modulus of 4096 mm", Planted.depths(d -> d % 4.096), Kind.WRAP, "farther than 4.1"),
                arguments("disparity", Planted.depths(d -> 380 / d), Kind.POLARITY, "disparity (1/Z)"),
                arguments("ten less depth", Planted.depths(d -> 10 - d), Kind.POLARITY, "subtracted from a number"),
                arguments("holes", Planted.holes(0.7), Kind.HOLES, "whole surfaces are missing"),
                arguments("zeros", Planted.oneDepth(0), Kind.EMPTY, "no depth at all"),
                arguments("one depth", Planted.oneDepth(3), Kind.CONSTANT, "depth maps of one value"),
                arguments("one colour", Planted.colours(c -> 90), Kind.CONSTANT, "pictures of one colour"),
                arguments("a mark", marked(), Kind.MARKER, "probably a mark"),
                arguments("8 bits", Planted.depths(d -> Math.round(d * 25) / 25.0), Kind.LEVELS, "depth in 8 bits"),
                arguments("dark", Planted.colours(c -> 0.1 * c), Kind.EXPOSURE, "far too dark"),
                arguments("bright", Planted.colours(c -> 3 * c), Kind.EXPOSURE, "far too bright"),
                arguments("two pixels aside", Planted.shifted(2, 0), Kind.MISALIGNED, "moved by 2 pixels to the left"),
                arguments("aside", Planted.shifted(-7, 5), Kind.MISALIGNED, "moved by 7 pixels to the right and 5 up"),
                arguments("mirrored", Planted.mirrored(), Kind.MISALIGNED, "mirrored left to right"),
                arguments("slipped", Planted.depthOf(1), Kind.MIXED_UP, "the picture of the frame 1 place later"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("inAllRooms")
    void isFoundInAllRooms(String name, Planted.Fault fault, Kind kind, String words) {
        List<Finding> faults = Sets.faults(new Planted(Sets.ROOMS, i -> true, fault));
        assertEquals(Set.of(kind), Sets.kinds(faults), faults.toString());
        assertTrue(faults.toString().contains(words), faults.toString());
    }

    /** A fault of one frame. */
    private record One(Kind kind, Planted.Fault fault) {
    }

    /** Faults that are planted in one set together, each in a frame of its own. */
    static Stream<List<One>> inSingleRooms() {
        return Stream.of(
                List.of(new One(Kind.UNIT, Planted.depths(d -> Math.round(1000 * d))),
                        new One(Kind.WRAP, Planted.depths(d -> d % 4.096)), new One(Kind.EMPTY, Planted.oneDepth(0)),
                        new One(Kind.MISALIGNED, Planted.shifted(7, 0))),
                List.of(new One(Kind.BITS, Planted.millimetres(v -> v << 3 | v >> 13)),
                        new One(Kind.CONSTANT, Planted.oneDepth(3)), new One(Kind.EXPOSURE,
                        Planted.colours(c -> 0.1 * c)),
                        new One(Kind.DUPLICATE, Planted.frameOf(-1))),
                List.of(new One(Kind.UNIT, Planted.depths(d -> 100 * d)),
                        new One(Kind.POLARITY, Planted.depths(d -> 3 / d)), new One(Kind.HOLES, Planted.holes(0.7)),
                        new One(Kind.EXPOSURE, Planted.colours(c -> 3 * c))),
                List.of(new One(Kind.UNIT, toOne()), new One(Kind.MARKER, marked()),
                        new One(Kind.MISALIGNED, Planted.mirrored()), new One(Kind.SIZE, turned())),
                List.of(new One(Kind.BITS, Planted.millimetres(v -> v >> 8 | v << 8)),
                        new One(Kind.CONSTANT, Planted.colours(c -> 90)), new One(Kind.CAMERA, twiceTheCamera()),
                        new One(Kind.DUPLICATE, (sample, index, data) -> Planted.colours(c -> 1.05 * c + 3).apply(
                                Planted.frameOf(-1).apply(sample, index, data), index, data))),
                List.of(new One(Kind.HOLES, Planted.holes(0.98)), new One(Kind.DUPLICATE, Planted.pictureOf(-1))));
    }

    @ParameterizedTest
    @MethodSource("inSingleRooms")
    void isFoundInASingleRoomAmongOthers(List<One> planted) {
        // In frames 1, 3, 5, ...: the one before each is sound.
        DepthDataset data = Sets.ROOMS;
        for (int i = 0; i < planted.size(); i++) {
            int where = 2 * i + 1;
            Planted.Fault fault = planted.get(i).fault;
            data = new Planted(data, index -> index == where, (sample, index, all) -> fault.apply(sample, index,
                    Sets.ROOMS));
        }
        List<Finding> faults = Sets.faults(data);
        for (int i = 0; i < planted.size(); i++) {
            int where = 2 * i + 1;
            Kind kind = planted.get(i).kind;
            assertTrue(faults.stream().anyMatch(f -> f.kind() == kind && f.frames().stream().map(Finding.Frame::index)
                    .toList().equals(List.of(where))), () -> kind + " in frame " + where + ": " + faults);
        }
        // What else is said is said of these frames alone: whose picture one has instead, for example.
        assertTrue(faults.stream().flatMap(f -> f.frames().stream()).allMatch(f -> f.index() % 2 == 1
                && f.index() < 2 * planted.size()), faults.toString());
    }

    /** The faults that a laser's scattered depths show. */
    static Stream<Arguments> inAllStreets() {
        return Stream.of(
                arguments("KITTI's numbers", Planted.depths(d -> Math.round(256 * d)), Kind.UNIT),
                arguments("bytes exchanged", Planted.depths(d -> Character.reverseBytes((char) Math.round(256 * d)) / 256.0),
                        Kind.BITS),
                arguments("disparity", Planted.depths(d -> 380 / d), Kind.POLARITY),
                arguments("ninety less depth", Planted.depths(d -> 90 - d), Kind.POLARITY),
                arguments("zeros", Planted.oneDepth(0), Kind.EMPTY),
                arguments("aside", Planted.shifted(6, 0), Kind.MISALIGNED),
                arguments("mirrored", Planted.mirrored(), Kind.MISALIGNED),
                arguments("slipped", Planted.depthOf(-1), Kind.MIXED_UP));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("inAllStreets")
    void isFoundInAllStreets(String name, Planted.Fault fault, Kind kind) {
        List<Finding> faults = Sets.faults(new Planted(Sets.STREETS, i -> true, fault));
        assertEquals(Set.of(kind), Sets.kinds(faults), faults.toString());
    }

    /** Streets whose files hold the length of each ray; rooms' cameras are not known, so nothing can be said of them. */
    @Test
    void distancesInPlaceOfDepthAreFoundWhereTheCameraIsKnown() {
        List<Finding> faults = Sets.faults(new Planted(new Street(6, 160, 94, true), i -> true, rays()));
        assertEquals(Set.of(Kind.DISTANCE), Sets.kinds(faults), faults.toString());
        assertEquals(6, faults.getFirst().frames().size());
    }

    private static Planted.Fault rays() {
        return (sample, index, data) -> {
            Intrinsics camera = sample.camera().orElseThrow();
            float[] depth = sample.depth().clone();
            for (int i = 0; i < depth.length; i++) {
                double u = (i % sample.width() - camera.cx()) / camera.fx();
                double v = (i / sample.width() - camera.cy()) / camera.fy();
                depth[i] *= (float) Math.sqrt(1 + u * u + v * v);
            }
            return Planted.with(sample, sample.picture(), depth);
        };
    }

    /** Centimetres as decimetres: rooms as far as few streets are, which is said without calling it a fault. */
    @Test
    void unusualDepthsAreNoted() {
        List<Finding> findings = Sets.diagnosis(new Planted(Sets.ROOMS, i -> true,
                Planted.depths(d -> 12 * d))).findings();
        assertEquals(List.of("note: The depths are unusually far for rooms or streets: half of them are beyond 45.14 m."),
                findings.stream().map(f -> f.severity().key() + ": " + f.what()).toList());
    }

    @Test
    void framesThatCannotBeReadAreCountedByWhatIsWrong() {
        DepthDataset data = new Planted(Sets.ROOMS, i -> i < 3, (sample, index, all) -> {
            throw new FrameException(index == 0 ? FrameException.Fault.LAYOUT : FrameException.Fault.DAMAGED,
                    "The file of " + sample.name() + " is bad.", null);
        });
        List<Finding> faults = Sets.faults(data);
        assertEquals(List.of("2 of 10 frames cannot be decoded.",
                "1 of 10 frames hold no picture with a depth of the same"
                + " size."), faults.stream().map(Finding::what).toList());
        assertEquals("The file of room_00001 is bad.", faults.getFirst().why());
        assertEquals(7, Sets.facts(data).frames().size());
    }

    /** Frames 1, 3 and 5 of the rooms in another set: as they are, brighter, mirrored; and 7 with its depth alone. */
    @Test
    void leaksAreFoundAsTheyAreNearlyAndMirrored() {
        DepthDataset other = Sets.kept(new SynthDataset(71, 50, Sets.COUNT, 160, 120, HoleSettings.NONE));
        other = new Planted(other, i -> i == 0, of(1));
        other = new Planted(other, i -> i == 2, (sample, index, data) -> Planted.colours(c -> 1.1 * c + 5).apply(
                of(3).apply(sample, index, data), index, data));
        other = new Planted(other, i -> i == 4, of(5).mirrored());
        other = new Planted(other, i -> i == 6, (sample, index, data) -> Planted.with(sample, sample.picture(),
                Sets.ROOMS.sample(7).depth()));
        List<Finding> leaks = Diagnosis.of(Sets.facts(Sets.ROOMS), Optional.of(Sets.facts(other))).findings();
        assertEquals(Set.of(Kind.LEAK), Sets.kinds(leaks), leaks.toString());
        List<String> notes = leaks.stream().flatMap(f -> f.frames().stream()).map(f -> f.index() + " "
                + f.note().replaceAll(", .*", "")).sorted().toList();
        assertEquals(List.of("1 is room_00050", "3 has the depth of room_00052", "5 mirrors room_00054",
                "7 has the depth of room_00056"), notes);
        SetFacts withoutDepth = Sets.facts(new Planted(other, i -> true, Planted.depths(d -> 1.5 * d)));
        assertTrue(Diagnosis.of(Sets.facts(Sets.ROOMS), Optional.of(withoutDepth)).findings().toString().contains(
                "index=3, name=room_00003, note=is nearly room_00052, correlation 0.99"));
    }

    private static Planted.Fault of(int room) {
        return (sample, index, data) -> Planted.with(sample, Sets.ROOMS.sample(room).picture(),
                Sets.ROOMS.sample(room).depth());
    }

    /** The strangest frames begin with those that something is wrong with. */
    @Test
    void theStrangestFrameIsTheFaultyOne() {
        assertEquals(ONE, Sets.diagnosis(new Planted(Sets.ROOMS, i -> i == ONE,
                Planted.oneDepth(2))).strangest().getFirst()
                .frame().index());
    }

    private static Planted.Fault toOne() {
        return (sample, index, data) -> {
            float most = 0;
            for (float depth : sample.depth()) {
                most = Math.max(most, depth);
            }
            double largest = most;
            return Planted.depths(d -> d / largest).apply(sample, index, data);
        };
    }

    private static Planted.Fault twiceTheCamera() {
        return (sample, index, data) -> new DepthSample(sample.name(), sample.picture(), sample.depth(), 0,
                Optional.of(new Intrinsics(300, 300, 160, 120)));
    }

    /** The sky of Virtual KITTI in the uppermost fifth. */
    private static Planted.Fault marked() {
        return (sample, index, data) -> {
            float[] depth = sample.depth().clone();
            Arrays.fill(depth, 0, depth.length / 5, 655.35f);
            return Planted.with(sample, sample.picture(), depth);
        };
    }

    private static Planted.Fault turned() {
        return (sample, index, data) -> {
            int w = sample.width();
            int h = sample.height();
            Picture picture = Picture.blank(h, w);
            float[] depth = new float[w * h];
            for (int i = 0; i < depth.length; i++) {
                int from = i % h * w + w - 1 - i / h;
                depth[i] = sample.depth()[from];
                System.arraycopy(sample.picture().rgb(), 3 * from, picture.rgb(), 3 * i, 3);
            }
            return Planted.with(sample, picture, depth);
        };
    }
}
