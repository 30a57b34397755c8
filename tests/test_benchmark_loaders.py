"""Each public benchmark in a miniature of its own layout: what is read, what is left out, what damage says."""

import json
from pathlib import Path

import pytest

from model_server.evaluation.benchmarks import BENCHMARKS, wanted
from model_server.evaluation.loaders.files import NotAtHand
from model_server.evaluation.loaders.vqa import statements
from model_server.training.data import DataProblem

ROOT = Path(__file__).resolve().parent.parent


def put(root: Path, files: dict[str, object]) -> Path:
    """Files below a folder: text as it is, anything else as JSON, None as an empty photo or video."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if content is None else content if isinstance(content, str) else json.dumps(content))
    return root


def load(name: str, root: Path):
    return wanted([name])[0].load(root)


def spans(media) -> list[tuple[str, float | None, float | None]]:
    return [(item.path.name, item.start_s, item.end_s) for item in media]


def test_msrvtt_is_the_1k_a_split(tmp_path):
    rows = "key,vid_key,video_id,sentence\nret0,msr9770,video9770,a person is connecting something\n"
    rows += 'ret1,msr9771,video9771,"a girl, a dog"\nret2,msr7,video7,gone from the web\n'
    put(tmp_path, {"msrvtt/MSRVTT_JSFUSION_test.csv": rows, "msrvtt/videos/all/video9770.mp4": None})
    put(tmp_path, {"msrvtt/videos/all/video9771.mp4": None, "msrvtt/videos/all/video1.mp4": None})
    task = load("msrvtt", tmp_path)
    assert spans(task.media) == [("video9770.mp4", None, None), ("video9771.mp4", None, None)]
    assert task.captions == [("a person is connecting something",), ("a girl, a dog",)]
    assert task.note == "2 of 3 files at hand"


def test_activitynet_asks_with_paragraphs(tmp_path):
    told = {"v_a": {"duration": 9.0, "timestamps": [[0, 4], [4, 9]], "sentences": ["A man runs.", "  He falls."]}}
    put(tmp_path, {"activitynet/captions/val_1.json": told, "activitynet/videos/v_a.mkv": None})
    assert load("activitynet", tmp_path).captions == [("A man runs. He falls.",)]


def test_didemo_joins_the_descriptions_of_a_video(tmp_path):
    name = "54322086@N00_2408598493_274c77d26a.avi"
    rows = [{"video": name, "description": "red car leaves", "times": [[0, 0]]}, {"video": name, "description": "dog"}]
    put(tmp_path, {"didemo/test_data.json": rows, f"didemo/videos/{Path(name).stem}.mp4": None})
    task = load("didemo", tmp_path)
    assert task.captions == [("red car leaves dog",)]
    assert len(task.media) == 1


def test_msvd_has_many_sentences_a_video(tmp_path):
    told = "# header\nabc_1_2 a man cooks\nabc_1_2 someone cooks\nother_3_4 not in the test list\n"
    put(tmp_path, {"msvd/AllVideoDescriptions.txt": told, "msvd/test_list.txt": "abc_1_2\n"})
    put(tmp_path, {"msvd/YouTubeClips/abc_1_2.avi": None})
    assert load("msvd", tmp_path).captions == [("a man cooks", "someone cooks")]


def test_youcook2_asks_for_segments_of_the_validation_videos(tmp_path):
    step = {"id": 0, "segment": [90, 102], "sentence": "spread butter"}
    database = {
        "v1": {"subset": "validation", "recipe_type": "113", "duration": 200.0, "annotations": [step]},
        "t1": {"subset": "training", "recipe_type": "113", "duration": 200.0, "annotations": [step]},
    }
    put(tmp_path, {"youcook2/youcookii_annotations_trainval.json": {"database": database}})
    put(
        tmp_path, {"youcook2/raw_videos/validation/113/v1.webm": None, "youcook2/raw_videos/training/113/t1.webm": None}
    )
    assert spans(load("youcook2", tmp_path).media) == [("v1.webm", 90.0, 102.0)]


def test_pvd_bench_is_pairs_of_video_and_json(tmp_path):
    put(tmp_path, {"pvd_bench/test/7.mp4": None, "pvd_bench/test/7.json": {"human_caption": "a boat", "keywords": []}})
    put(tmp_path, {"pvd_bench/test/8.json": {"human_caption": "its video was not unpacked"}})
    assert load("pvd_bench", tmp_path).captions == [("a boat",)]


def test_dream1k_and_vdc_by_their_detailed_captions(tmp_path):
    row = {"idx": "DREAM-1K_0", "video_file": "video/1.mp4", "description": "A cat jumps.", "events": []}
    put(tmp_path, {"dream1k/json/metadata.json": [row], "dream1k/video/DREAM-1K_videos/1.mp4": None})
    assert load("dream1k", tmp_path).captions == [("A cat jumps.",)]
    row = {"video_id": "x", "video_name": "x.mp4", "short_caption": "s", "detailed_caption": "A long story."}
    put(tmp_path, {"vdc/VDC_1k.jsonl": json.dumps(row) + "\n", "vdc/videos/x.mp4": None})
    assert load("vdc", tmp_path).captions == [("A long story.",)]


def test_ssv2_reads_templates_without_brackets(tmp_path):
    rows = [
        {"id": "74225", "label": "spinning cube", "template": "Spinning [something] quickly", "placeholders": ["c"]}
    ]
    names = {"Spinning [something] quickly": "1", "Dropping [something]": "0"}
    put(tmp_path, {"ssv2/labels/validation.json": rows, "ssv2/labels/labels.json": names})
    put(tmp_path, {"ssv2/20bn-something-something-v2/74225.webm": None})
    task = load("ssv2", tmp_path)
    assert task.labels == ["Spinning something quickly"]
    assert sorted(task.names) == ["Dropping something", "Spinning something quickly"]


def test_kinetics_names_a_clip_by_id_and_times(tmp_path):
    rows = "label,youtube_id,time_start,time_end,split\nabseiling,-3B32lodo2M,59,69,val\nzumba,gone,1,11,val\n"
    put(tmp_path, {"kinetics400/val.csv": rows, "kinetics400/val/-3B32lodo2M_000059_000069.mp4": None})
    task = load("kinetics400", tmp_path)
    assert (task.labels, task.names) == (["abseiling"], ["abseiling", "zumba"])


def test_epic_kitchens_puts_verb_and_noun_together(tmp_path):
    head = (
        "narration_id,participant_id,video_id,start_timestamp,stop_timestamp,narration,verb,verb_class,noun,noun_class"
    )
    row = "P01_11_0,P01,P01_11,00:01:00.50,00:01:02.50,take board,take,0,board:chopping,22"
    put(tmp_path, {"epic_kitchens/EPIC_100_validation.csv": f"{head}\n{row}\n"})
    put(tmp_path, {"epic_kitchens/EPIC_100_verb_classes.csv": "id,key,instances,category\n0,turn-on,\"['x']\",use\n"})
    put(tmp_path, {"epic_kitchens/EPIC_100_noun_classes.csv": "id,key,instances,category\n22,board:chopping,x,use\n"})
    put(tmp_path, {"epic_kitchens/P01/videos/P01_11.MP4": None})
    task = load("epic_kitchens", tmp_path)
    assert (spans(task.media), task.labels) == ([("P01_11.MP4", 60.5, 62.5)], ["turn on chopping board"])


def test_egoexo4d_takes_the_head_mounted_camera(tmp_path):
    segment = {"start_time": 3.0, "end_time": 5.5, "step_name": "Peel garlic", "step_unique_id": 4}
    told = {"annotations": {"uid": {"take_name": "cook_1", "segments": [segment]}}, "taxonomy": {}}
    below = "egoexo4d/takes/cook_1/frame_aligned_videos/downscaled/448"
    put(tmp_path, {"egoexo4d/annotations/keystep_val.json": told, f"{below}/aria01_214-1.mp4": None})
    put(tmp_path, {f"{below}/cam01.mp4": None})
    task = load("egoexo4d", tmp_path)
    assert (spans(task.media), task.labels) == ([("aria01_214-1.mp4", 3.0, 5.5)], ["Peel garlic"])


def test_coin_by_task_and_by_step(tmp_path):
    steps = [{"id": "1", "segment": [2.0, 6.0], "label": "open the box"}]
    database = {
        "a": {"class": "ReplaceSIMCard", "subset": "testing", "annotation": steps},
        "b": {"class": "MakeTea", "subset": "training", "annotation": [{**steps[0], "label": "pour water"}]},
    }
    put(tmp_path, {"coin/COIN.json": {"database": database}, "coin/videos/a.mp4": None, "coin/videos/b.mp4": None})
    task, step = load("coin_task", tmp_path), load("coin_step", tmp_path)
    assert (len(task.media), task.names) == (1, ["replace sim card", "make tea"])
    assert (spans(step.media), step.names) == ([("a.mp4", 2.0, 6.0)], ["open the box", "pour water"])


def test_crosstask_by_task_and_by_step(tmp_path):
    blocks = "23521\nMake Jello Shots\nhttp://x\n2\npour water,stir mixture\n\n"
    blocks += "59684\nBuild Shelves\nhttp://y\n1\ncut shelve\n"
    put(
        tmp_path,
        {"crosstask/tasks_primary.txt": blocks, "crosstask/videos_val.csv": "23521,vid1,http://z\n9,other,u\n"},
    )
    put(tmp_path, {"crosstask/annotations/23521_vid1.csv": "2,10.5,20.0\n", "crosstask/videos/vid1.mp4": None})
    task, step = load("crosstask_task", tmp_path), load("crosstask_step", tmp_path)
    assert (task.labels, task.names) == (["Make Jello Shots"], ["Make Jello Shots", "Build Shelves"])
    assert (spans(step.media), step.labels) == ([("vid1.mp4", 10.5, 20.0)], ["stir mixture"])
    assert len(step.names) == 3


def test_gqa_and_clevr_choose_among_all_answers_of_the_split(tmp_path):
    rows = {"1": {"imageId": "n15", "question": "Is it red?", "answer": "yes"}}
    rows["2"] = {"imageId": "n15", "question": "Who?", "answer": "girl"}
    put(tmp_path, {"gqa/testdev_balanced_questions.json": rows, "gqa/images/n15.jpg": None})
    task = load("gqa", tmp_path)
    assert [(q.answers, q.right) for q in task.questions] == [(("yes", "girl"), 0), (("yes", "girl"), 1)]
    rows = {"questions": [{"image_filename": "CLEVR_val_000000.png", "question": "How many?", "answer": "3"}]}
    put(tmp_path, {"clevr/questions/CLEVR_val_questions.json": rows, "clevr/images/val/CLEVR_val_000000.png": None})
    assert load("clevr", tmp_path).questions[0].answers == ("3",)


def test_tallyqa_counts_to_fifteen(tmp_path):
    row = {"image": "VG_100K_2/107.jpg", "question": "How many dogs?", "answer": 2, "issimple": False}
    put(tmp_path, {"tallyqa/test.json": [row], "tallyqa/VG_100K_2/107.jpg": None})
    (question,) = load("tallyqa", tmp_path).questions
    assert (len(question.answers), question.answers[question.right], question.group) == (16, "2", "complex")


def test_pope_in_three_parts_with_statements(tmp_path):
    row = {"question_id": 1, "image": "COCO_val2014_1.jpg", "text": "Is there a car in the image?", "label": "no"}
    parts = {f"pope/coco_pope_{part}.json": json.dumps(row) + "\n" for part in ("random", "popular", "adversarial")}
    put(tmp_path, {**parts, "pope/val2014/COCO_val2014_1.jpg": None})
    questions = load("pope", tmp_path).questions
    assert [q.group for q in questions] == ["random", "popular", "adversarial"]
    assert (questions[0].right, questions[0].statements) == (1, ("there is a car", "there is no car"))


def test_only_questions_about_a_thing_become_statements():
    assert statements("Is there an umbrella in the picture?", ("yes", "no"))[1] == "there is no umbrella"
    assert statements("Is the dog black?", ("yes", "no")) == ()


def test_popev2_pairs_a_photo_with_the_one_without_the_object(tmp_path):
    rows = [
        {
            "image_id": 9,
            "target_object": "cup",
            "query": "Is there a cup in the image?",
            "image_name": name,
            "label": label,
        }
        for name, label in (("/normal_images/000000000009.jpg", "Yes"), ("/images/000000000009.jpg", "No"))
    ]
    put(tmp_path, {"popev2/annotations.json": rows, "popev2/images/000000000009.jpg": None})
    put(tmp_path, {"popev2/normal_images/000000000009.jpg": None})
    questions = load("popev2", tmp_path).questions
    assert [(q.group, q.right, q.media.path.parent.name) for q in questions] == [
        ("normal", 0, "normal_images"),
        ("counterfactual", 1, "images"),
    ]


def test_world_prediction_names_its_files(tmp_path):
    clips = [f"clips/{i}.mp4" for i in range(4)]
    row = {"start": "s/0.jpg", "end": "e/0.jpg", "candidates": clips, "answer": 2}
    put(tmp_path, {f"worldprediction/{name}": None for name in ("s/0.jpg", "e/0.jpg", *clips)})
    put(tmp_path, {"worldprediction/wm.jsonl": json.dumps(row)})
    (found,) = load("worldprediction", tmp_path).transitions
    assert (found.start.path.parent.name, found.end.path.parent.name) == ("s", "e")
    assert found.candidates[found.right].path.name == "2.mp4"
    put(tmp_path, {"worldprediction/wm.jsonl": json.dumps({**row, "answer": 4})})
    with pytest.raises(DataProblem, match="none of the candidates"):
        load("worldprediction", tmp_path)


def test_sentences_with_hard_negatives(tmp_path):
    row = {"id": 0, "filename": "1.jpg", "caption": "a", "caption2": "b", "negative_caption": "c"}
    splits = ("replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj")
    put(tmp_path, {f"text/sugarcrepe_pp/{split}.json": [row] for split in splits})
    assert [t.split for t in load("sugarcrepe_pp", tmp_path).triplets] == list(splits)
    rows = 'filename\tcaption\tsecond positive\tnegative_caption\n1.jpg\tA "Pub" sign.\tA sign: Pub.\tA "Bar" sign.\n'
    put(tmp_path, {"visla/data/SugarCrepe.tsv": rows, "visla/data/VSR_spatial.tsv": rows})
    first, second = load("visla", tmp_path).triplets
    assert (first.positive, first.negative, first.split, second.split) == (
        'A "Pub" sign.',
        'A "Bar" sign.',
        *("generic", "spatial"),
    )
    put(tmp_path, {"visla/data/VSR_spatial.tsv": rows + "2.jpg\tone\ttwo\n"})
    with pytest.raises(DataProblem, match=r"VSR_spatial.tsv:3 has no two positives"):
        load("visla", tmp_path)


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda b: b.name)
def test_what_is_not_at_hand_says_so(benchmark, tmp_path):
    with pytest.raises(NotAtHand, match=r"not at hand: see docs/benchmarks\.md"):
        benchmark.load(tmp_path)


def test_annotations_without_a_single_file_are_not_at_hand(tmp_path):
    put(tmp_path, {"msrvtt/MSRVTT_JSFUSION_test.csv": "key,vid_key,video_id,sentence\nret0,m,video1,a man\n"})
    with pytest.raises(NotAtHand):
        load("msrvtt", tmp_path)


def test_another_layout_is_refused_by_name(tmp_path):
    put(tmp_path, {"coin/COIN.json": {"videos": []}, "coin/a.mp4": None})
    with pytest.raises(DataProblem, match=r"coin_task is not laid out as docs/benchmarks.md says \(KeyError"):
        load("coin_task", tmp_path)
    put(tmp_path, {"vdc/VDC_1k.jsonl": '{"video_name": "x.mp4"}\n{oops\n'})
    with pytest.raises(DataProblem, match=r"VDC_1k.jsonl:2 is not JSON"):
        load("vdc", tmp_path)


def test_every_benchmark_is_described():
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    assert [b.name for b in BENCHMARKS if f"`{b.name}`" not in text] == []
