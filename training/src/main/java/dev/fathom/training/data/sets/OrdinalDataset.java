package dev.fathom.training.data.sets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Pictures of which nobody knows the depth, only which of two points is nearer: DA-2K, the benchmark of Depth Anything V2
 * (Yang et al. 2024, arXiv 2406.09414, section 6). Samples have a depth that is one hole.
 *
 * <p>{@code annotations.json}: {@code {"images/indoor_1.jpg": [{"point1": [row, column], "point2": [row, column],
 * "closer_point": "point1"}, ...], ...}}, paths below the folder it lies in.
 */
public final class OrdinalDataset implements DepthDataset {
    /** {@code da2k:PATH}. */
    static final DatasetFormat FORMAT = new DatasetFormat("da2k",
            "DA-2K: annotations.json with pairs of points, of which one is nearer; no depth, for evaluate only",
            Map.of("scene", "one of the eight scene types, to take its pictures only: indoor"), OrdinalDataset::open);
    /** The kinds of scenes, as the paths of the pictures name them. */
    public static final List<String> SCENES = List.of("indoor", "outdoor", "non_real", "transparent_reflective",
            "adverse_style", "aerial", "underwater", "object");
    /** The scene of a picture whose path names none. */
    public static final String OTHER_SCENE = "other";

    private static final String ANNOTATIONS = "annotations.json";

    /**
     * Two pixels of a picture, rows and columns from 0 at the top left.
     *
     * @param nearRow of the point that is nearer to the camera
     */
    public record Pair(int nearRow, int nearColumn, int farRow, int farColumn) {
    }

    private record Entry(String key, Path picture, String scene, List<Pair> pairs) {
    }

    private final List<Entry> entries;

    private OrdinalDataset(List<Entry> entries) {
        this.entries = entries;
    }

    private static OrdinalDataset open(DatasetSpec spec) {
        Path file = Files.isDirectory(spec.path()) ? spec.path().resolve(ANNOTATIONS) : spec.path();
        JsonNode root = json(file);
        Optional<String> wanted = spec.setting("scene");
        if (wanted.isPresent() && !SCENES.contains(wanted.get())) {
            throw new FathomException("There is no scene type '" + wanted.get() + "' in DA-2K; expected one of "
                    + String.join(", ", SCENES) + ".");
        }
        List<Entry> entries = new ArrayList<>();
        root.properties().forEach(picture -> {
            String scene = scene(picture.getKey());
            if (wanted.isEmpty() || wanted.get().equals(scene)) {
                entries.add(new Entry(picture.getKey(), file.resolveSibling(picture.getKey()), scene,
                        pairs(file, picture.getKey(), picture.getValue())));
            }
        });
        if (entries.isEmpty()) {
            throw new FathomException("The file " + file + " has no pictures" + wanted.map(s -> " of the scene type " + s)
                    .orElse("") + ": expected DA-2K's annotations.");
        }
        return new OrdinalDataset(entries);
    }

    private static JsonNode json(Path file) {
        try {
            JsonNode root = new ObjectMapper().readTree(Files.readString(file));
            if (root.isObject()) {
                return root;
            }
            throw damaged(file, "is no JSON object", null);
        } catch (JsonProcessingException e) {
            throw damaged(file, "is no sound JSON (" + e.getOriginalMessage() + ")", e);
        } catch (IOException e) {
            throw new FathomException("The file " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "): expected the folder of DA-2K, with annotations.json and the pictures.", e);
        }
    }

    private static FathomException damaged(Path file, String what, Exception cause) {
        return new FathomException("The file " + file + " " + what + ": expected {\"picture\": [{\"point1\": [row, column],"
                + " \"point2\": [row, column], \"closer_point\": \"point1\"}, ...], ...}.", cause);
    }

    private static List<Pair> pairs(Path file, String picture, JsonNode annotations) {
        List<Pair> pairs = new ArrayList<>();
        for (JsonNode annotation : annotations) {
            int[] one = point(annotation.path("point1"));
            int[] two = point(annotation.path("point2"));
            String closer = annotation.path("closer_point").asText();
            if (one == null || two == null || !closer.equals("point1") && !closer.equals("point2")) {
                throw damaged(file, "has an annotation of " + picture + " that is not understood, " + annotation, null);
            }
            int[] near = closer.equals("point1") ? one : two;
            int[] far = near == one ? two : one;
            pairs.add(new Pair(near[0], near[1], far[0], far[1]));
        }
        if (pairs.isEmpty()) {
            throw damaged(file, "has no pair of points of " + picture, null);
        }
        return List.copyOf(pairs);
    }

    private static int[] point(JsonNode node) {
        return node.isArray() && node.size() == 2 && node.get(0).isIntegralNumber() && node.get(1).isIntegralNumber()
                ? new int[] {node.get(0).intValue(), node.get(1).intValue()} : null;
    }

    /** By the word in the path that is a scene type's name, whole: {@code images/non_real_12.png}. */
    private static String scene(String path) {
        return SCENES.stream().filter(scene -> Pattern.compile("(^|[^a-z])" + scene + "([^a-z]|$)").matcher(path).find())
                .findFirst().orElse(OTHER_SCENE);
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public DepthSample sample(int index) {
        Entry entry = entries.get(index);
        Picture picture = FrameFiles.picture(entry.picture());
        for (Pair pair : entry.pairs()) {
            if (!inside(pair.nearRow(), pair.nearColumn(), picture) || !inside(pair.farRow(), pair.farColumn(), picture)) {
                throw new FrameException(FrameException.Fault.LAYOUT, "The annotations of " + entry.picture()
                        + " name a point outside of its " + picture.width() + " x " + picture.height() + " pixels, " + pair
                        + ": expected [row, column] of the picture as distributed; was it resized?", null);
            }
        }
        return new DepthSample(name(index), picture, new float[picture.pixels()], 0);
    }

    private static boolean inside(int row, int column, Picture picture) {
        return row >= 0 && row < picture.height() && column >= 0 && column < picture.width();
    }

    /** The pairs of points of a picture, at least one. */
    public List<Pair> pairs(int index) {
        return entries.get(index).pairs();
    }

    /** One of {@link #SCENES}, or {@link #OTHER_SCENE}. */
    public String scene(int index) {
        return entries.get(index).scene();
    }

    @Override
    public String name(int index) {
        return entries.get(index).picture().toString();
    }

    /** Of the annotations and the pictures' paths as written in them. */
    @Override
    public String fingerprint() {
        List<String> parts = new ArrayList<>();
        entries.forEach(entry -> {
            parts.add(entry.key());
            entry.pairs().forEach(pair -> parts.add(pair.toString()));
        });
        return ContentHash.of(parts).hex();
    }
}
