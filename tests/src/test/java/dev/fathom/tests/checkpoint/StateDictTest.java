package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrappers that trainers put around weights are taken off, and nothing that only looks like one. */
class StateDictTest {
    @TempDir
    Path folder;

    private List<String> plainNames(Path path) {
        try (var file = CheckpointFile.open(path)) {
            return List.copyOf(file.stateDict().keySet());
        }
    }

    private static PickleBytes w(PickleBytes pickle, String name) {
        return pickle.text(name).tensor(12, 0, new long[] {12}, new long[] {1}).op('s');
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "state_dict", "model_state_dict"})
    void torchWrappersAreOpened(String key) {
        var pickle = new PickleBytes().op('}');
        w(pickle, "loose").text(key).op('}');
        w(w(pickle, "module.a"), "module.b.c").op('s').text("epoch").op('K', 7, 's');
        Path path = PickleBytes.zip(folder.resolve("t.pth"), pickle.end(), new byte[48]);
        assertEquals(List.of("a", "b.c"), plainNames(path));
        try (var file = CheckpointFile.open(path)) {
            assertEquals(List.of("loose", key + ".module.a", key + ".module.b.c"),
                    List.copyOf(file.tensors().keySet()));
            assertEquals(Map.of("epoch", "7"), file.metadata());
        }
    }

    @Test
    void wrappersInWrappersAreOpened() {
        var pickle = new PickleBytes().op('}').text("state_dict").op('}').text("model").op('}');
        w(pickle, "a").op('s', 's');
        assertEquals(List.of("a"), plainNames(PickleBytes.zip(folder.resolve("t.pth"), pickle.end(), new byte[48])));
    }

    /** "model" that is a tensor, and keys that begin with "model." in a plain state dict, are names like any other. */
    @Test
    void aPlainStateDictIsLeftAlone() {
        var pickle = new PickleBytes().op('}');
        w(w(pickle, "model"), "model.a");
        assertEquals(List.of("model", "model.a"),
                plainNames(PickleBytes.zip(folder.resolve("t.pth"), pickle.end(), new byte[48])));
    }

    @ParameterizedTest
    @CsvSource({"module.a module.b, a b", "_orig_mod.module.a _orig_mod.module.b, a b", "module.a b, module.a b",
        "module.module.a module.module.b, a b", "module. module.a, module. module.a",
                "modules.a modules.b, modules.a modules.b"})
    void prefixesGoOnlyIfAllNamesHaveThem(String raw, String plain) {
        for (String extension : List.of(".safetensors", ".h5")) {
            Path path = folder.resolve("t" + extension);
            CheckpointWriter.write(path, Stream.of(raw.split(" "))
                    .map(name -> CheckpointTensor.of(name, DType.U8, Shape.of(1),
                    MemorySegment.ofArray(new byte[1]))).toList(), Map.of());
            assertEquals(List.of(plain.split(" ")), plainNames(path));
        }
    }
}
