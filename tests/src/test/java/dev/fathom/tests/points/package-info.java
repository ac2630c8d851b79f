/** Point clouds: where points lie, what is cut, thinned, written and drawn. */
package dev.fathom.tests.points;
