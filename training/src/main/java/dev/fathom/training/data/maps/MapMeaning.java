package dev.fathom.training.data.maps;

import dev.fathom.engine.errors.FathomException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the numbers of a map mean, as somebody declared it: nothing is guessed.
 *
 * <pre>{@code
 * MapMeaning meaning = MapMeaning.of("--predictions other", Map.of("quantity", "depth", "unit", "mm", "invalid", "65535"));
 * float[] metres = meaning.toDepth(MapFile.read(file)).metres();
 * }</pre>
 */
public final class MapMeaning {
    private static final String QUANTITY = "quantity";
    private static final String UNIT = "unit";
    private static final String SCALE = "scale";
    private static final String INVALID = "invalid";
    private static final String NO_UNIT = "none";

    private final Quantity quantity;
    /** Null where the numbers have no unit. */
    private final MapUnit unit;
    private final List<InvalidRule> invalid;

    /**
     * A map in metres.
     *
     * @param metres [height,width]; 0 for a hole
     * @param repaired how many numbers were NaN, negative or infinite without having been declared invalid: holes, too
     */
    public record Depth(int width, int height, float[] metres, int repaired) {
    }

    private MapMeaning(Quantity quantity, MapUnit unit, List<InvalidRule> invalid) {
        this.quantity = quantity;
        this.unit = unit;
        this.invalid = List.copyOf(invalid);
    }

    /** Depth in metres: the numbers as they are. */
    public static MapMeaning metres() {
        return new MapMeaning(Quantity.DEPTH, MapUnit.named("", "m"), List.of());
    }

    /** What may be said, by key, each with one line about its values. */
    public static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(QUANTITY, "depth (default) or disparity, which is one over depth");
        settings.put(UNIT, "of depth: one of " + MapUnit.names() + "; or " + NO_UNIT + " where numbers are relative");
        settings.put(SCALE, "instead of unit: metres a unit, such as 1/256 or 50/65535; of disparity: depth = scale / number,"
                + " focal length times baseline for a stereo pair");
        settings.put(INVALID, "numbers that mark a hole: 65535, nan, inf or bounds such as <=0 or >80, several divided by +");
        return settings;
    }

    /**
     * From what somebody typed; keys that are none of {@link #settings()} are left to the caller.
     *
     * @param where what the sentence of a refusal begins with: {@code The data set pairs}
     * @throws FathomException if a value makes no sense, or nothing says how long a unit is
     */
    public static MapMeaning of(String where, Map<String, String> settings) {
        String word = settings.getOrDefault(QUANTITY, Quantity.DEPTH.key());
        Quantity quantity = List.of(Quantity.values()).stream().filter(q -> q.key().equals(word)).findFirst()
                .orElseThrow(() -> new FathomException(where + " has quantity=" + word
                + ": expected depth or disparity."));
        String name = settings.get(UNIT);
        String scale = settings.get(SCALE);
        List<InvalidRule> invalid = settings.containsKey(INVALID) ? InvalidRule.list(where, settings.get(INVALID))
                : List.of();
        if ((name == null) == (scale == null)) {
            throw new FathomException(where + (name == null ? " does not say how long a unit of its numbers is"
                    : " has both unit and scale") + ": expected unit=m (" + MapUnit.names() + "), scale=METRES such as"
                    + " scale=1/256, or unit=" + NO_UNIT + " where numbers are relative.");
        }
        if (scale != null) {
            return new MapMeaning(quantity, MapUnit.scale(where, scale), invalid);
        }
        if (quantity == Quantity.DISPARITY && !name.equals(NO_UNIT)) {
            throw new FathomException(where + " has unit=" + name + " with quantity=disparity, which is no length: expected"
                    + " scale=S, where depth is S / disparity in metres, or unit=" + NO_UNIT + ".");
        }
        return new MapMeaning(quantity, name.equals(NO_UNIT) ? null : MapUnit.named(where, name), invalid);
    }

    /** What the numbers measure. */
    public Quantity quantity() {
        return quantity;
    }

    /** Whether they have no unit, so that no metres can be made of them. */
    public boolean relative() {
        return unit == null;
    }

    /** Whether a number marks a hole by what was declared, or is NaN or infinite. */
    public boolean isHole(float value) {
        return !Float.isFinite(value) || declared(value);
    }

    /** The numbers without a unit, [H,W], holes as NaN; for relative maps, where 0 and less may be a value. */
    public float[] toNumbers(RawMap map) {
        float[] numbers = map.values().clone();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = isHole(numbers[i]) ? Float.NaN : numbers[i];
        }
        return numbers;
    }

    /**
     * Metres: {@code number * scale} of a depth, {@code scale / number} of a disparity, computed in float64 and rounded
     * once. Holes are what was declared invalid, NaN, infinities, and 0 and less; and what float32 has no metres for.
     *
     * @throws IllegalStateException if the map is relative
     */
    public Depth toDepth(RawMap map) {
        if (unit == null) {
            throw new IllegalStateException("relative numbers have no metres");
        }
        float[] metres = new float[map.values().length];
        int repaired = 0;
        for (int i = 0; i < metres.length; i++) {
            float value = map.values()[i];
            if (declared(value)) {
                continue;
            }
            float depth = (float) (quantity == Quantity.DEPTH ? unit.ofDepth(value)
                    : value == 0 ? 0 : unit.ofDisparity(value));
            boolean sound = depth >= 0 && depth <= Float.MAX_VALUE;
            metres[i] = sound ? depth : 0;
            repaired += sound && Float.isFinite(value) ? 0 : 1;
        }
        return new Depth(map.width(), map.height(), metres, repaired);
    }

    private boolean declared(float value) {
        for (InvalidRule rule : invalid) {
            if (rule.holds(value)) {
                return true;
            }
        }
        return false;
    }

    /** The settings that {@link #of} takes, by key. */
    public Map<String, String> toMap() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put(QUANTITY, quantity.key());
        map.put(unit == null || unit.named() ? UNIT : SCALE, unit == null ? NO_UNIT : unit.text());
        if (!invalid.isEmpty()) {
            map.put(INVALID, invalid.stream().map(InvalidRule::text).collect(Collectors.joining("+")));
        }
        return map;
    }

    /** {@code quantity=depth,unit=mm,invalid=65535}: what {@link #of} reads. */
    @Override
    public String toString() {
        return toMap().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).collect(Collectors.joining(","));
    }
}
