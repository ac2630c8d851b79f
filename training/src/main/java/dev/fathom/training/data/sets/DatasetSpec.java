package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.TypedSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;

/**
 * Which data set, and where it lies: {@code NAME:PATH[,key=value]...}.
 *
 * <pre>
 * nyu-h5:/data/nyu/train
 * kitti:/data/kitti,list=eigen_test_files.txt,depth=lidar
 * </pre>
 *
 * @param format how it is laid out
 * @param path where it lies
 * @param settings the rest, by key; only keys that the format knows
 */
public record DatasetSpec(DatasetFormat format, Path path, Map<String, String> settings) {
    private static final double MOST_WEIGHT = 1e12;

    /** How much of an epoch a set gets where several are mixed: a setting of every format. */
    public static final String WEIGHT = "weight";

    /** Checks the keys, and the weight. */
    public DatasetSpec {
        settings = Map.copyOf(settings);
        if (settings.containsKey(WEIGHT)) {
            weight(settings.get(WEIGHT));
        }
        for (String key : new TreeSet<>(settings.keySet())) {
            if (!format.settings().containsKey(key) && !key.equals(WEIGHT)) {
                throw new FathomException("The data set " + format.name() + " has no setting '" + key + "'; "
                        + (format.settings().isEmpty() ? "it has none." : "it has "
                        + String.join(", ", format.settings().keySet()) + "."));
            }
        }
    }

    /**
     * Reads what a user typed. Nothing is opened.
     *
     * @throws FathomException if the name is none, or a setting is unknown or named twice
     */
    public static DatasetSpec parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new FathomException("'" + text + "' names no kind of data set; expected NAME:PATH with NAME one of "
                    + String.join(", ", DatasetFormats.names()) + ".");
        }
        DatasetFormat format = DatasetFormats.named(text.substring(0, colon));
        TypedSettings typed = TypedSettings.parse("", text);
        String path = typed.head().substring(colon + 1);
        if (path.isBlank()) {
            throw new FathomException("'" + text + "' has no path; expected " + format.name() + ":PATH.");
        }
        return new DatasetSpec(format, Path.of(path), typed.settings());
    }

    /** The weight that was typed. */
    public OptionalDouble weight() {
        String text = settings.get(WEIGHT);
        return text == null ? OptionalDouble.empty() : OptionalDouble.of(weight(text));
    }

    private static double weight(String text) {
        try {
            double weight = Double.parseDouble(text);
            if (weight > 0 && weight <= MOST_WEIGHT) {
                return weight;
            }
        } catch (NumberFormatException e) {
            throw noWeight(text, e);
        }
        throw noWeight(text, null);
    }

    private static FathomException noWeight(String text, Exception cause) {
        return new FathomException("A data set has weight=" + text + ": expected a number above 0, such as 2 or 0.5.",
                cause);
    }

    /** The same wherever the program is called from: path and lists that lie below the working folder become whole. */
    public DatasetSpec absolute() {
        Map<String, String> whole = new LinkedHashMap<>(settings);
        for (String key : List.of("list", "splits")) {
            whole.computeIfPresent(key, (k, name) -> FileList.locate(this, name).equals(Path.of(name))
                    ? Path.of(name).toAbsolutePath().normalize().toString() : name);
        }
        return new DatasetSpec(format, path.toAbsolutePath().normalize(), whole);
    }

    /** The value of a setting. */
    public Optional<String> setting(String key) {
        return Optional.ofNullable(settings.get(key));
    }

    /**
     * The value of a setting that is one of a few words.
     *
     * @param words the first is the default
     */
    public String choice(String key, String... words) {
        String value = settings.getOrDefault(key, words[0]);
        if (!List.of(words).contains(value)) {
            throw new FathomException("The data set " + format.name() + " has no " + key + "=" + value + "; expected "
                    + String.join(" or ", words) + ".");
        }
        return value;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(format.name()).append(':').append(path);
        new TreeSet<>(settings.keySet()).forEach(key -> text.append(',').append(key).append('=')
                .append(settings.get(key)));
        return text.toString();
    }
}
