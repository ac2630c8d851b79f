package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weights that are missing, torn, of another network, or silent about what they are: exit code 1, one sentence, and
 * nothing is made.
 */
class BadWeightsTest {
    @TempDir
    private Path folder;
    private Path photo;

    @BeforeEach
    void photo() {
        photo = Pictures.colour(folder.resolve("a.png"), 20, 16);
    }

    @AfterEach
    void nothingWasMade() {
        assertFalse(Files.exists(folder.resolve("out")), "the output folder of a run that never began");
    }

    /** What predict says to these weights. */
    private String refusal(Path weights, Object... more) {
        List<Object> words = new ArrayList<>(List.of("predict", "--load-from", weights, "--img-path", photo, "--outdir",
                folder.resolve("out"),
                "--input-size", 70));
        words.addAll(List.of(more));
        return Says.failing(words.toArray());
    }

    @Test
    void missingEmptyTornAndSomethingElse() throws IOException {
        Path missing = folder.resolve("no.pth");
        assertEquals(missing + " does not exist; expected a weights file: check the path.", refusal(missing));
        assertEquals(folder + " is not a file; expected a weights file: name the file itself.", refusal(folder));
        Path empty = Files.createFile(folder.resolve("empty.pth"));
        assertEquals(empty + " is empty; expected a weights file: download or copy it again.", refusal(empty));
        Path page = Files.writeString(folder.resolve("page.pth"), "<!DOCTYPE html><html>Sign in</html>");
        assertEquals(page + " is not a weights file, it begins with '<!DOCTYPE html><'; expected PyTorch (.pth),"
                + " safetensors or HDF5: this is a web"
                + " page, download the file itself.", refusal(page));
        byte[] whole = Files.readAllBytes(Workshop.model(folder.resolve("whole.safetensors"), Workshop.METRIC));
        Path torn = Files.write(folder.resolve("torn.safetensors"), Arrays.copyOf(whole, whole.length - 1000));
        String sentence = refusal(torn);
        assertTrue(sentence.startsWith(torn + " has ")
                && sentence.endsWith(": the file is incomplete or damaged, get it again."), sentence);
        String hostile = refusal(new Golden("g_ckpt").path("malicious_zip.pth"));
        assertTrue(hostile.contains("malicious_zip.pth"), hostile);
    }

    /** Only names and shapes are looked at, so this ViT-B is a few empty tensors. */
    @Test
    void anotherEncoderThanAskedForIsNamed() {
        Path fake = folder.resolve("fake.safetensors");
        List<CheckpointTensor> tensors = new ArrayList<>();
        tensors.add(zeros("pretrained.cls_token", Shape.of(1, 1, 768)));
        for (int i = 0; i < 12; i++) {
            tensors.add(zeros("pretrained.blocks." + i + ".norm1.weight", Shape.of(768)));
        }
        CheckpointWriter.write(fake, tensors, Map.of());
        assertEquals(fake + " holds a vitb, not a vits; use --encoder vitb.",
                refusal(fake, "--encoder", "vits", "--relative"));
        assertEquals(fake + " holds a vitb, not a vitl; use --encoder vitb.", Says.failing("train", "--data",
                Workshop.rooms(folder.resolve("rooms"), 0, 1), "--val", folder.resolve("rooms"), "--load-from", fake, "--encoder", "vitl", "--max-depth", 10,
                "--bs", 1, "--outdir",
                folder.resolve("out")));
        assertTrue(refusal(fake, "--relative").startsWith(fake
                + " holds an encoder alone (DINOv2), expected a whole model"));
    }

    @Test
    void everyKeyThatIsMissingUnexpectedOrMisshapenIsNamedAtOnce() {
        Path bad = Workshop.model(folder.resolve("bad.safetensors"), ModelMetadata.of(Workshop.TINY, Workshop.METRIC),
                state -> {
            state.remove("pretrained.norm.bias");
            state.remove("depth_head.projects.2.bias");
            state.put("depth_head.extra", zeros("depth_head.extra", Shape.of(3)));
            state.put("pretrained.norm.weight", zeros("pretrained.norm.weight", Shape.of(3)));
        });
        String sentence = refusal(bad);
        assertTrue(sentence.startsWith(bad + " does not fit the model"), sentence);
        for (String part : new String[] {"2 keys missing: pretrained.norm.bias, depth_head.projects.2.bias",
                "1 key unexpected: depth_head.extra",
            "1 key of another shape or dtype: pretrained.norm.weight is [3], expected [48]"}) {
            assertTrue(sentence.contains(part), part + " in " + sentence);
        }
    }

    @Test
    void aWeightThatIsNotANumberIsRefusedByName() {
        Path bad = Workshop.model(folder.resolve("bad.h5"), ModelMetadata.of(Workshop.TINY, Workshop.METRIC), state -> {
            CheckpointTensor zeros = zeros("pretrained.blocks.1.norm2.bias", Shape.of(48));
            MemorySegment values = Arena.ofAuto().allocate(4 * 48L, 64);
            values.set(ValueLayout.JAVA_FLOAT, 4 * 5, Float.NaN);
            state.put(zeros.name(), CheckpointTensor.of(zeros.name(), DType.F32, zeros.shape(), values));
        });
        assertEquals(bad + ": pretrained.blocks.1.norm2.bias holds NaN at element 5; the file is damaged or its"
                + " training diverged, use another"
                + " checkpoint.", refusal(bad));
    }

    /** Official files do not say whether they are metric or relative: that is never guessed. */
    @Test
    void metricOrRelativeIsNeverGuessedAndNeverOverruled() {
        Path silent = Workshop.silentModel(folder.resolve("silent.safetensors"));
        assertEquals(silent + " does not say whether it is a metric or a relative model (their weights look the same);"
                + " add --max-depth M for a metric"
                + " one (20 for Hypersim, 80 for VKITTI, 10 for NYU) or --relative.", refusal(silent));
        Path metric = Workshop.model(folder.resolve("metric.safetensors"), Workshop.METRIC);
        assertEquals(metric + " declares a metric head; leave --relative out.", refusal(metric, "--relative"));
        assertEquals(metric + " declares a metric head of up to 10.0 m, not 80.0 m, and its depths would be scaled"
                + " wrongly; leave --max-depth out.",
                refusal(metric, "--max-depth", 80));
        Path relative = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        assertEquals(relative + " declares a relative head; leave --max-depth out.",
                refusal(relative, "--max-depth", 20));
    }

    @Test
    void aFileThatDescribesNoNetwork() {
        for (String description : new String[] {"{\"vit\": 7}", "{}", "[",
                "{\"vit\":{\"imageSize\":70,\"patch\":14,\"dim\":48,\"depth\":4,\"heads\":0}}"}) {
            Path bad = Workshop.model(folder.resolve("bad.safetensors"), Map.of("fathom.model", description),
                    state -> { });
            String sentence = refusal(bad, "--relative");
            assertTrue(sentence.startsWith(bad + ": its metadata entry fathom.model is not a model configuration: "),
                    sentence);
        }
        Path bad = Workshop.model(folder.resolve("none.safetensors"), Map.of("fathom.model", "null"), state -> { });
        assertTrue(refusal(bad, "--relative").startsWith(bad
                + " is not a Depth Anything V2 model: its encoder has 48 channels and 4 blocks"));
    }

    private static CheckpointTensor zeros(String name, Shape shape) {
        return CheckpointTensor.of(name, DType.F32, shape, Arena.ofAuto().allocate(4 * shape.numel(), 64));
    }
}
