package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A size that depends on the sizes of a launch: a sum of products of numbers and names, for example {@code n},
 * {@code rows*cols}, {@code 4*n+1}.
 */
public final class Size {
    private final String text;
    private final List<List<String>> sum = new ArrayList<>();

    private Size(String text) {
        this.text = text;
        for (String term : text.split("\\+", -1)) {
            List<String> factors = new ArrayList<>();
            for (String factor : term.split("\\*", -1)) {
                String f = factor.strip();
                if (!f.matches("\\d{1,9}|[A-Za-z_]\\w*")) {
                    throw new FathomException("'" + text
                            + "' is no size; a size is made of numbers and names with * and +, such as 4*n+1");
                }
                factors.add(f);
            }
            sum.add(factors);
        }
    }

    /**
     * Reads a size.
     *
     * @throws FathomException if it is none
     */
    public static Size of(String text) {
        return new Size(text);
    }

    /** The names in it. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (List<String> product : sum) {
            product.stream().filter(f -> !Character.isDigit(f.charAt(0))).forEach(names::add);
        }
        return names;
    }

    /** Its value. */
    long value(Map<String, Long> sizes) {
        long total = 0;
        for (List<String> product : sum) {
            long p = 1;
            for (String f : product) {
                p = Math.multiplyExact(p, Character.isDigit(f.charAt(0)) ? Long.parseLong(f) : sizes.get(f));
            }
            total = Math.addExact(total, p);
        }
        return total;
    }

    @Override
    public String toString() {
        return text;
    }
}
