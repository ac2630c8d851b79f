package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** What is written is read: any names, dtypes, shapes, bytes and metadata, in the same order. */
class RoundTripTest {
    private record Raw(String name, DType dtype, Shape shape, byte[] bytes) {
        CheckpointTensor tensor() {
            return CheckpointTensor.of(name, dtype, shape, MemorySegment.ofArray(bytes));
        }

        @Override
        public String toString() {
            return name + " " + dtype + shape;
        }
    }

    private Path folder;

    @BeforeProperty
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("round-trip");
    }

    @AfterProperty
    void removeFolder() throws IOException {
        try (var files = Files.list(folder)) {
            files.forEach(f -> f.toFile().delete());
        }
        Files.delete(folder);
    }

    /**
     * Dotted names as in state dicts, and any Unicode; slashes (which make groups in HDF5) only between sound parts.
     */
    @Provide
    Arbitrary<List<Raw>> tensors() {
        Arbitrary<String> dotted = Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(6).list()
                .ofMinSize(1)
                .ofMaxSize(4).map(parts -> String.join(".", parts));
        Arbitrary<String> any = Arbitraries.strings().ofMinLength(1).ofMaxLength(20)
                .map(s -> s.replace('/', '_').replace('\0', '_'))
                .filter(s -> !s.equals(".") && s.codePoints().noneMatch(c -> c >= 0xd800 && c < 0xe000));
        Arbitrary<String> grouped = dotted.map(s -> "g/" + s);
        Arbitrary<int[]> shapes = Arbitraries.integers().between(0, 5).array(int[].class).ofMaxSize(5);
        return Combinators.combine(Arbitraries.oneOf(dotted, any, grouped), Arbitraries.of(DType.class), shapes,
                Arbitraries.longs()).as((name, dtype, shape, seed) -> {
                    byte[] bytes = new byte[Math.toIntExact(Shape.of(shape).numel() * dtype.bytes())];
                    new Random(seed).nextBytes(bytes);
                    for (int i = 0; dtype == DType.BOOL && i < bytes.length; i++) {
                        bytes[i] &= 1;
                    }
                    return new Raw(name, dtype, Shape.of(shape), bytes);
                }).list().ofMinSize(1).ofMaxSize(12).map(RoundTripTest::distinct);
    }

    private static List<Raw> distinct(List<Raw> all) {
        var seen = new HashSet<String>();
        seen.add("g");
        return all.stream().filter(r -> seen.add(r.name())).toList();
    }

    @Provide
    Arbitrary<Map<String, String>> metadata() {
        Arbitrary<String> text = Arbitraries.strings().ofMaxLength(40).map(s -> s.replace('\0', '_'))
                .filter(s -> s.codePoints().noneMatch(c -> c >= 0xd800 && c < 0xe000));
        return Arbitraries.maps(text.map(String::trim).filter(s -> !s.isEmpty()), text).ofMaxSize(5);
    }

    @Property(tries = 150)
    void safetensors(@ForAll("tensors") List<Raw> raw, @ForAll("metadata") Map<String, String> metadata) {
        assertReadsBack(folder.resolve("a.safetensors"), raw, metadata);
    }

    @Property(tries = 150)
    void hdf5(@ForAll("tensors") List<Raw> raw, @ForAll("metadata") Map<String, String> metadata) {
        assertReadsBack(folder.resolve("a.h5"), raw, metadata);
    }

    @Property(tries = 150)
    void torch(@ForAll("tensors") List<Raw> raw, @ForAll("metadata") Map<String, String> metadata) {
        assertReadsBack(folder.resolve("a.pth"), raw, metadata);
    }

    private static void assertReadsBack(Path path, List<Raw> raw, Map<String, String> metadata) {
        CheckpointWriter.write(path, raw.stream().map(Raw::tensor).toList(), metadata);
        try (var file = CheckpointFile.open(path)) {
            assertEquals(raw.stream().map(Raw::name).sorted().toList(),
                    file.tensors().keySet().stream().sorted().toList());
            if (raw.stream().noneMatch(r -> r.name().indexOf('/') >= 0)) {
                assertEquals(raw.stream().map(Raw::name).toList(), List.copyOf(file.tensors().keySet()));
            }
            for (Raw r : raw) {
                CheckpointTensor t = file.tensors().get(r.name());
                assertEquals(r.dtype(), t.dtype(), r.name());
                assertEquals(r.shape(), t.shape(), r.name());
                assertEquals(-1, t.data().mismatch(MemorySegment.ofArray(r.bytes())), r.name());
            }
            assertEquals(metadata, file.metadata());
        }
        try (var left = Files.list(path.getParent())) {
            assertEquals(List.of(path), left.toList());
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
