package dev.fathom.training.optim;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Chooses parameters by name, as Python's {@code fnmatch.fnmatchcase} does: {@code *} is any run of characters, dots
 * too; {@code ?} any one; {@code [0-5]} one of a set, {@code [!0-5]} one that is not in it. The whole name must match:
 * {@code pretrained.*} is the encoder, {@code pretrained.blocks.[0-5].*} its first six blocks, {@code *.bias} every bias.
 */
public final class NamePattern {
    /** How many names a refusal lists. */
    private static final int SHOWN = 12;

    private final String glob;
    private final Pattern regex;

    private NamePattern(String glob, Pattern regex) {
        this.glob = glob;
        this.regex = regex;
    }

    /** @throws FathomException if the pattern is empty, or a set in it has no end */
    public static NamePattern of(String glob) {
        if (glob.isBlank()) {
            throw new FathomException("A name pattern is empty; expected one such as 'pretrained.*'.");
        }
        return new NamePattern(glob, Pattern.compile(regex(glob)));
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                case '[' -> {
                    int end = glob.indexOf(']', i + (glob.startsWith("[!", i) ? 3 : 2));
                    if (end < 0) {
                        throw new FathomException("The name pattern '" + glob + "' has a [ without its ]; expected a set"
                                + " such as [0-5].");
                    }
                    regex.append(set(glob, i + 1, end));
                    i = end;
                }
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }

    /** The characters between the brackets, as a set of regular expressions. */
    private static String set(String glob, int from, int to) {
        boolean none = glob.charAt(from) == '!';
        String members = glob.substring(none ? from + 1 : from, to);
        StringBuilder set = new StringBuilder(none ? "[^" : "[");
        for (int i = 0; i < members.length(); i++) {
            boolean range = i + 2 < members.length() && members.charAt(i + 1) == '-';
            if (range && members.charAt(i) > members.charAt(i + 2)) {
                throw new FathomException("The name pattern '" + glob + "' has a range that runs backwards, "
                        + members.substring(i, i + 3) + "; write its smaller end first.");
            }
            set.append(escaped(members.charAt(i)));
            if (range) {
                set.append('-').append(escaped(members.charAt(i + 2)));
                i += 2;
            }
        }
        return set.append(']').toString();
    }

    private static String escaped(char c) {
        return Character.isLetterOrDigit(c) ? String.valueOf(c) : "\\" + c;
    }

    /** Whether a whole name fits. */
    public boolean matches(String name) {
        return regex.matcher(name).matches();
    }

    /**
     * The names that fit, in their order.
     *
     * @param option the option that the pattern comes from, for the refusal
     * @throws FathomException if none fits; the sentence says what there is near by
     */
    public List<String> among(Collection<String> names, String option) {
        List<String> found = names.stream().filter(this::matches).toList();
        if (found.isEmpty()) {
            throw new FathomException(option + " " + glob + " matches no parameter; " + nearest(names));
        }
        return found;
    }

    /** Follows the pattern from the left as far as there are names, and says what there is at that point. */
    private String nearest(Collection<String> names) {
        List<String> parts = List.of(glob.split("\\."));
        for (int depth = parts.size(); depth > 0; depth--) {
            Pattern start;
            try {
                start = Pattern.compile(regex(String.join(".", parts.subList(0, depth))));
            } catch (FathomException aDotInsideASet) {
                continue;
            }
            Set<String> starts = new LinkedHashSet<>();
            Set<String> next = new LinkedHashSet<>();
            for (String name : names) {
                String[] words = name.split("\\.");
                String head = words.length > depth ? String.join(".", List.of(words).subList(0, depth)) : null;
                if (head != null && start.matcher(head).matches()) {
                    starts.add(head);
                    next.add(words[depth]);
                }
            }
            if (!next.isEmpty() && depth == parts.size()) {
                return "for all of " + starts.iterator().next() + " write " + glob + ".*";
            }
            if (!next.isEmpty()) {
                return "under " + starts.iterator().next() + ". there are " + listed(next) + ".";
            }
        }
        Set<String> roots = new LinkedHashSet<>();
        names.forEach(name -> roots.add(name.split("\\.")[0]));
        return "names begin with " + listed(roots) + ".";
    }

    private static String listed(Set<String> words) {
        List<String> shown = new ArrayList<>(words).subList(0, Math.min(SHOWN, words.size()));
        return String.join(", ", shown) + (words.size() > SHOWN ? " and " + (words.size() - SHOWN) + " more" : "");
    }

    /** As it was written. */
    @JsonValue
    @Override
    public String toString() {
        return glob;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamePattern pattern && pattern.glob.equals(glob);
    }

    @Override
    public int hashCode() {
        return glob.hashCode();
    }
}
