// The page. app.tsx chooses a view: wall.tsx shows all services, service-page.tsx one service, dead-letters-view.tsx the dead
// letters. JSX makes text of everything that comes from a pulse, and the policy in ../routes.ts forbids scripts in it.
import "uplot/dist/uPlot.min.css";
import "./base.css";
import "./masthead.css";
import "./wall.css";
import "./empty-wall.css";
import "./service-page.css";
import "./changes.css";
import "./past.css";
import "./dead-letters.css";
import "./chart.css";
import "./narrow-and-calm.css";
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("page");
if (root === null) throw new Error("Expected #page in index.html");
render(<App />, root);
