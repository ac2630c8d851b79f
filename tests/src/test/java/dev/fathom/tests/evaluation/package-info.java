/** What evaluations are made of: statistics, ordinal accuracy, the page. */
package dev.fathom.tests.evaluation;
