package dev.fathom.tools.panels;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener.Validated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code panels/index.json}: which picture shows what. training/README.md lists its fields. */
final class PanelIndex {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int VERSION = 1;

    private final Path file;
    private final ObjectNode root = JSON.createObjectNode();
    private final ArrayNode samples;

    private PanelIndex(Path file) {
        this.file = file;
        root.put("version", VERSION);
        root.put("metric", DepthMetric.ABS_REL.key());
        root.put("palette", PanelCells.DEPTH.name());
        root.put("error_palette", PanelCells.ERROR.name());
        root.put("error_high", PanelCells.ERROR_HIGH);
        samples = root.putArray("samples");
        root.putArray("worst");
        root.putArray("best");
    }

    /**
     * What is known of epochs before {@code fromEpoch}; later ones will be drawn again.
     *
     * @throws FathomException if there is an index that cannot be read
     */
    static PanelIndex before(int fromEpoch, Path file) {
        PanelIndex index = new PanelIndex(file);
        if (fromEpoch == 0 || !Files.exists(file)) {
            return index;
        }
        try {
            for (JsonNode sample : JSON.readTree(file.toFile()).path("samples")) {
                ObjectNode copy = sample.deepCopy();
                ArrayNode epochs = copy.putArray("epochs");
                for (JsonNode epoch : sample.path("epochs")) {
                    if (epoch.path("epoch").asInt(Integer.MAX_VALUE) < fromEpoch) {
                        epochs.add(epoch);
                    }
                }
                index.samples.add(copy);
            }
        } catch (IOException | ClassCastException e) {
            throw new FathomException("The list of panels " + file + " cannot be read (" + e.getMessage()
                    + "); expected what a run wrote there: move the folder away, then try again.", e);
        }
        return index;
    }

    /** Whether a slot has been this sample's so far. A run that goes on may ask for another number of samples. */
    boolean knows(int slot, Validated v) {
        return find(slot, v) != null;
    }

    private ObjectNode find(int slot, Validated v) {
        for (JsonNode sample : samples) {
            if (sample.path("slot").asInt() == slot && sample.path("index").asInt() == v.result().index()
                    && sample.path("name").asText().equals(v.result().name())) {
                return (ObjectNode) sample;
            }
        }
        return null;
    }

    /** A sample's slot, in place of what had it before. */
    void sample(int slot, Validated v, PanelCells cells, String image, String truth) {
        for (int i = samples.size() - 1; i >= 0; i--) {
            if (samples.get(i).path("slot").asInt() == slot) {
                samples.remove(i);
            }
        }
        int at = 0;
        while (at < samples.size() && samples.get(at).path("slot").asInt() < slot) {
            at++;
        }
        ObjectNode sample = samples.insertObject(at).put("slot", slot);
        describe(sample, v, cells);
        sample.put("image", image).put("truth", truth).putArray("epochs");
    }

    /** Forgets slots from this on: the run shows fewer samples now. */
    void keepSlotsBelow(int slot) {
        for (int i = samples.size() - 1; i >= 0; i--) {
            if (samples.get(i).path("slot").asInt() >= slot) {
                samples.remove(i);
            }
        }
    }

    /** A sample's prediction after an epoch. */
    void epoch(int slot, Validated v, String prediction, String error) {
        ObjectNode epoch = ((ArrayNode) find(slot, v).get("epochs")).addObject().put("epoch", v.epoch())
                .put("step", v.step()).put("prediction", prediction).put("error", error);
        metrics(epoch, v);
    }

    /** Begins the list {@code worst} or {@code best} anew. */
    void clear(String list) {
        root.putArray(list);
    }

    /** One of the worst or best samples of an epoch, with the folder-relative names of its four pictures. */
    void extreme(String list, Validated v, PanelCells cells, String prefix) {
        ObjectNode node = ((ArrayNode) root.get(list)).addObject().put("epoch", v.epoch());
        describe(node, v, cells);
        for (String kind : new String[] {"image", "truth", "prediction", "error"}) {
            node.put(kind, prefix + kind + ".png");
        }
        metrics(node, v);
    }

    private static void describe(ObjectNode node, Validated v, PanelCells cells) {
        node.put("index", v.result().index()).put("name", v.result().name()).put("width", cells.width())
                .put("height", cells.height()).put("high", cells.high());
    }

    private static void metrics(ObjectNode node, Validated v) {
        if (v.result().metrics().isEmpty()) {
            node.putNull("metrics");
            return;
        }
        ObjectNode metrics = node.putObject("metrics");
        v.result().metrics().get().toMap().forEach((key, value) -> {
            if (Double.isFinite(value)) {
                metrics.put(key, value);
            } else {
                metrics.putNull(key);
            }
        });
    }

    /** Writes it, in one step. */
    void save() {
        AtomicFile.replace(file, temporary -> JSON.writeValue(temporary.toFile(), root));
    }
}
