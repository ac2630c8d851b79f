package dev.fathom.training.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** A saved state, whole and verified. */
final class StateReader {
    /** Nothing is guessed: what a record has and the state lacks is an error, and the other way round. */
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final CheckpointFile file;

    StateReader(CheckpointFile file) {
        this.file = file;
    }

    Path path() {
        return file.path();
    }

    boolean has(String key) {
        return file.metadata().containsKey(key);
    }

    /** The text of an entry. */
    String entry(String key) {
        String value = file.metadata().get(key);
        if (value == null) {
            throw damaged(path() + " has no " + key + ".", null);
        }
        return value;
    }

    /** What was put there as JSON. */
    <T> T json(String key, TypeReference<T> type) {
        try {
            return JSON.readValue(entry(key), type);
        } catch (JsonProcessingException e) {
            throw unreadable(key, e);
        }
    }

    private CheckpointException unreadable(String key, JsonProcessingException e) {
        return damaged(path() + ": its " + key + " cannot be read: "
                + e.getOriginalMessage().lines().findFirst().orElse("no reason given") + ".", e);
    }

    /** A field of what {@link #json(String, TypeReference)} reads. */
    <T> T json(String key, String field, TypeReference<T> type) {
        try {
            return JSON.readerFor(type).readValue(JSON.readTree(entry(key)).path(field).toString());
        } catch (JsonProcessingException e) {
            throw unreadable(key, e);
        }
    }

    /** The tensors whose names begin so, without the beginning. */
    SequencedMap<String, CheckpointTensor> tensors(String prefix) {
        SequencedMap<String, CheckpointTensor> found = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                String plain = name.substring(prefix.length());
                found.put(plain, tensor.renamed(plain));
            }
        });
        return found;
    }

    /** A tensor of finite numbers. */
    CheckpointTensor tensor(String name) {
        CheckpointTensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw damaged(path() + " has no " + name + ".", null);
        }
        for (float v : tensor.toFloats()) {
            if (!Float.isFinite(v)) {
                throw damaged(path() + ": " + name + " holds " + v + ".", null);
            }
        }
        return tensor;
    }

    /** This state will not do, in a sentence; {@code why} begins with its path. */
    CheckpointException damaged(String why, Exception cause) {
        return damaged(path(), why, cause);
    }

    /**
     * What to do differs from any other weights file: nobody can download a state again, but the one before it or the
     * best model may be whole. So what the sentence advises otherwise, behind what it expected, is left out.
     */
    static CheckpointException damaged(Path path, String why, Exception cause) {
        String what = why.strip().replaceFirst("\\.$", "").replaceFirst("(?s)(; expected[^:]*): .*$", "$1");
        RunFolder run = RunFolder.ofState(path);
        String instead = path.equals(run.last()) && run.previous().isPresent()
                ? "the one before it is " + run.previous().get() + ": --resume previous goes on from there"
                : Files.isRegularFile(run.best()) ? "a new run can start from " + run.best()
                        + ": --load-from it --init full, with another --outdir"
                : "start it anew, with another --outdir";
        return new CheckpointException("This run cannot be resumed: " + what + "; " + instead + ".", cause);
    }
}
