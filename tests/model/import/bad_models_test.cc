// Crafted models: each refused, with a message that says where and what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/import/catboost_file.h"
#include "tests/model/import/crafted.h"
#include "tests/model/import/onnx_model.h"

namespace marquee::model {
namespace {

TEST(BadModelTest, XgboostIsRefused) {
  ExpectAllRefused({
      {kSoftprob, R"("version":[3,2,0])", R"("version":[4,0,0])",
       "version: is of XGBoost 4.0.0; versions 1 to 3 are known"},
      {kSoftprob, R"("attributes":{})", R"("attributes":{},"shape":1)",
       "learner: has the key 'shape', which Marquee does not know"},
      {kSoftprob, R"("name":"gbtree")", R"("name":"dart")",
       "learner.gradient_booster.name: is 'dart': only gbtree is supported"},
      {kSoftprob, R"("name":"gbtree")", R"("name":"gblinear")", "is 'gblinear'"},
      {kSoftprob, R"("name":"multi:softprob")", R"("name":"rank:ndcg")",
       "learner.objective.name: is 'rank:ndcg'"},
      {kSoftprob, R"("name":"multi:softprob")", R"("name":"reg:tweedie")", "is 'reg:tweedie'"},
      {kSoftprob, R"("softmax_multiclass_param")", R"("sigmoid_param")",
       "learner.objective: has the key 'sigmoid_param', which Marquee does not know"},
      {kSoftprob, R"("num_class":"3")", R"("num_class":"1e9")",
       "learner_model_param.num_class: is 1000000000, not a whole number from 0 to 254"},
      {kSoftprob, R"("num_class":"3")", R"("num_class":"0")", "num_class: is below 2"},
      {kSoftprob, R"("num_feature":"4","num_target")", R"("num_feature":"-4","num_target")",
       "num_feature: is -4, not a whole number from 1"},
      {kSoftprob, R"("num_feature":"4","num_target")", R"("num_feature":"4x","num_target")",
       "num_feature: is '4x', not a whole number"},
      {kSoftprob, R"("num_target":"1")", R"("num_target":"2")", "num_target: is above 1"},
      {kSoftprob, R"("num_trees":"6")", R"("num_trees":"7")",
       "trees: has 6 entries, but num_trees is 7"},
      {kSoftprob, R"("tree_info":[0,1,2,0,1,2])", R"("tree_info":[0,1,2,0,1,3])",
       "tree_info: [5] is 3, not a whole number from 0 to 2"},
      {kSoftprob, R"("tree_info":[0,1,2,0,1,2])", R"("tree_info":[0,1,2,0,1])",
       "tree_info: has 5 entries instead of 6 (one a tree)"},
      {kSoftprob, R"("left_children":[1,3,5,)", R"("left_children":[1,3,7,)",
       "trees[0].left_children: [2] is 7, not a whole number from -1 to 6"},
      {kSoftprob, R"("left_children":[1,3,5,)", R"("left_children":[1,0,5,)",
       "trees[0]: node 1 has child 0, which another path reaches too"},
      {kSoftprob, R"("left_children":[1,3,5,)", R"("left_children":[1,3,4,)",
       "node 2 has child 4, which another path reaches too"},
      {kSoftprob, R"("left_children":[1,3,5,)", R"("left_children":[1,-1,5,)",
       "trees[0]: node 1 has a right child only"},
      {kSoftprob, R"("split_indices":[0,)", R"("split_indices":[4,)",
       "trees[0]: node 0 asks feature 4, but there are 4"},
      {kSoftprob, R"("split_indices":[0,)", R"("split_indices":[0.5,)",
       "split_indices: [0] is 0.5, not a whole number"},
      {kSoftprob, R"("split_conditions":[)", R"("split_conditions":[0,)",
       "split_conditions: has 8 entries instead of 7 (one a node)"},
      {kSoftprob, R"("num_nodes":"7")", R"("num_nodes":"4294967296")",
       "num_nodes: is 4294967296, not a whole number from 1 to 4194304"},
      {kVector, R"("leaf_weights":[)", R"("leaf_weights":[0,)",
       "trees[0].leaf_weights: has 13 entries, not 3 a leaf"},
      {kVector, R"("right_children":[2,4,6,0,1,2,3])", R"("right_children":[2,4,6,0,1,2,4])",
       "trees[0]: node 6 is leaf 4, but values of 4 leaves are there"},
      {kVector, R"("size_leaf_vector":"3")", R"("size_leaf_vector":"2")",
       "size_leaf_vector is 2, but there are 3 scores"},
      {kCategories, R"("categories_nodes":[1])", R"("categories_nodes":[0])",
       "trees[0]: categories_nodes[0] is node 0, which is no categorical split"},
      {kCategories, R"("categories_sizes":[3])", R"("categories_sizes":[4])",
       "trees[0].categories_sizes: [0] is 4, from 0 on; but there are 3 categories"},
      {kCategories, R"("categories":[0,2,4])", R"("categories":[0,2,1e9])",
       "trees[0].categories: [2] is 1000000000, not a whole number from 0 to 16777215"},
      {kCategories, R"("categories_nodes":[1])", R"("categories_nodes":[])",
       "trees[0].categories_segments: has 1 entries instead of 0"},
  });
}

TEST(BadModelTest, LightgbmIsRefused) {
  ExpectAllRefused({
      {kMulticlass, "version=v4", "version=v5", "header: version is 'v5'; v3 and v4 are known"},
      {kMulticlass, "label_index=0", "lable_index=0", "header: line 5 has the key 'lable_index'"},
      {kMulticlass, "label_index=0", "version=v4", "header: line 5 has the key 'version' again"},
      {kMulticlass, "num_class=3", "num_class=2",
       "num_class is 2 and num_tree_per_iteration 3, which does not fit"},
      {kMulticlass, "objective=multiclass num_class:3", "objective=lambdarank",
       "objective is 'lambdarank'"},
      {kMulticlass, "objective=multiclass num_class:3", "objective=multiclassova num_class:3",
       "objective names no 'sigmoid:'"},
      {kMulticlass, "feature_names=a b c d", "feature_names=a b c",
       "there are 4 features, but 3 feature names"},
      {kMulticlass, "tree_sizes=579 ",
       "tree_sizes=", "tree_sizes has 5 entries, but there are 6 trees"},
      {kMulticlass, "Tree=1\n", "Tree=2\n", "is 'Tree=2' where Tree=1 or 'end of trees' should be"},
      {kMulticlass, "end of trees", "", "is 'feature_importances:' where Tree=6"},
      {kMulticlass, "is_linear=0", "is_linear=1",
       "Tree=0: is_linear is 1: leaves that are linear models are not supported"},
      {kMulticlass, "num_leaves=4", "num_leaves=1e12",
       "Tree=0: num_leaves[0] is 1000000000000, not a whole number from 1"},
      {kMulticlass, "split_feature=0 0 3", "split_feature=0 0 4",
       "Tree=0: split_feature[2] is 4, not a whole number from 0 to 3"},
      {kMulticlass, "decision_type=8 10 1", "decision_type=8 10 13",
       "decision_type[2] is 13, not a whole number from 0 to 11"},
      {kMulticlass, "threshold=-0.7", "threshold=nan-0.7", "threshold[0] is 'nan-0.7"},
      {kMulticlass, "leaf_value=-1.1179385179743053", "leaf_value=inf",
       "Tree=0: node 3 is a leaf of value inf"},
  });
}

TEST(BadModelTest, WhatFollowsLightgbmsTreesIsRead) {
  const std::string good = Fixture(kMulticlass);
  for (const std::string_view end :
       {"\nparameters:\n[boosting: gbdt]\n\nend of parameters\n\npandas_categorical:null\n",
        "pandas_categorical:[]", "pandas_categorical:[[], [0, 1, 2]]", "parameters:\n"}) {
    EXPECT_TRUE(ReadForest(good + std::string(end))) << end;
  }
  for (const auto& [end, problem] : std::vector<std::pair<std::string, std::string>>{
           {R"(pandas_categorical:[[0, 1], ["a", "b"]])",
            "pandas_categorical[1]: names categories, whose numbers in this list the trees ask"},
           {"pandas_categorical:[[10, 20]]", "pandas_categorical[0]: names categories"},
           {"pandas_categorical:[[0, 1", "pandas_categorical: cannot be read"},
           {"pandas_categorical:7", "pandas_categorical: is no array"},
           {"base_scores:\n1", "line 141 is 'base_scores:', which Marquee does not know behind"}}) {
    ExpectRefused(good + end, problem, end);
  }
}

TEST(BadModelTest, CatboostJsonIsRefused) {
  ExpectAllRefused({
      {kSymmetric, R"("scale_and_bias":[1,[0,0,0]])", R"("scale_and_bias":[1,[0]])",
       "loss_function.type: the loss function is 'MultiClass', but leaves have 1 value(s)"},
      {kSymmetric, R"("type":"MultiClass")", R"("type":"YetiRank")",
       "loss_function.type: the loss function is 'YetiRank'"},
      {kSymmetric, R"("float_feature_index":0)", R"("float_feature_index":4)",
       "oblivious_trees[0].splits[0].float_feature_index: is 4, not a whole number from 0 to 3"},
      {kSymmetric, R"("feature_index":1,)", R"("feature_index":2,)",
       "float_features[1].feature_index: is 2 instead of 1"},
      {kSymmetric, R"("flat_feature_index":1,)", R"("flat_feature_index":0,)",
       "two numeric features have the flat index 0"},
      {kSymmetric, R"("flat_feature_index":1,)", R"("flat_feature_index":1e15,)",
       "flat_feature_index: is 1000000000000000, not a whole number"},
      {kSymmetric, R"("nan_value_treatment":"AsFalse")", R"("nan_value_treatment":"Maybe")",
       "nan_value_treatment: is 'Maybe', none of AsIs, AsFalse, AsTrue"},
      {kSymmetric, R"("split_type":"FloatFeature")", R"("split_type":"OneHotFeature")",
       "splits[0].split_type: is 'OneHotFeature': only splits of numbers are supported"},
      {kSymmetric, R"("split_type":"FloatFeature")", R"("split_type":"OnlineCtr")",
       "is 'OnlineCtr'"},
      {kSymmetric, R"("leaf_weights")", R"("leaf_wieghts")",
       "oblivious_trees[0]: has the key 'leaf_wieghts'"},
      {kNested, R"("split_type":"FloatFeature")", R"("split_type":"OnlineCtr")",
       "trees[0].left.split.split_type: is 'OnlineCtr'"},
      {kNested, R"({"value":-0.7625,)", R"({"value":[-0.7625,1],)",
       "trees[0].left.left.value: has 2 entries instead of 1 (one a score)"},
      {kNested, R"({"value":-0.7625,)", R"({"valeu":-0.7625,)",
       "trees[0].left.left: has the key 'valeu'"},
  });
}

TEST(BadModelTest, AnExportersFileIsRefused) {
  ExpectAllRefused({
      {kForest, R"("version":1)", R"("version":2)", "version: is 2; 1 is known"},
      {kForest, R"("link":"shares")", R"("link":"probit")", "link: is 'probit'"},
      {kForest, R"("link":"shares")", R"("link":"logistic")",
       "start: has 3 entries, which does not fit the link"},
      {kForest, R"("classes":["high","low","mid"])", R"("classes":["high","low"])",
       "there are 3 classes, but 2 class names"},
      {kForest, R"("divisor":2)", R"("divisor":0)", "divisor is not finite"},
      {kForest, R"("left":[1,2,)", R"("left":[1,-1,)", "trees[0]: node 1 has one child"},
      {kForest, R"("left":[1,2,)", R"("left":[1,1,)",
       "trees[0]: node 1 has child 1, which another path reaches too"},
      {kForest, R"("left":[1,2,-1,-1,5,)", R"("left":[1,2,-1,-1,-1,)",
       "trees[0]: node 4 has one child"},
      {kForest, R"("feature":[0,)", R"("feature":[-1,)", "trees[0]: node 0 asks feature -1"},
      {kForest, R"("value":[0.3915,)", R"("value":[)", "value: has 20 entries instead of 21"},
      {kForest, R"("target":null)", R"("target":3)",
       "target: is 3, not a whole number from 0 to 2"},
  });
}

TEST(BadModelTest, CatboostBinaryIsRefused) {
  const auto refuse = [](const std::function<void(CatboostFile&)>& change,
                         std::string_view problem) {
    CatboostFile file;
    change(file);
    ExpectRefused(WriteCatboost(file), problem, problem);
  };
  using File = CatboostFile&;
  refuse([](File f) { f.format = "FlabuffersModel_v2"; }, "format: is 'FlabuffersModel_v2'");
  refuse([](File f) { f.num_scores = -3; }, "num_scores: is -3; 1 to 254 are allowed");
  refuse([](File f) { f.num_ctrs = 2; }, "CTR features: there are 2: only numeric features");
  refuse([](File f) { f.part_names = {"static_ctr_provider_v1"}; },
         "part_names: there are 1 parts behind the trees");
  refuse([](File f) { f.splits[1] = 3; },
         "tree 0: splits[1] is 3, but numeric features have 3 borders");
  refuse([](File f) { f.splits[1] = -1; }, "splits[1] is -1");
  refuse([](File f) { f.sizes = {3}; }, "tree 0: has 3 splits from 0 on, but there are 2");
  refuse([](File f) { f.starts = {0, 0}; }, "starts: has 2 entries, but there are 1 trees");
  refuse([](File f) { f.leaf_values.pop_back(); },
         "tree 0: has 3 leaf values instead of 4 (2^2 leaves of 1 value(s))");
  refuse([](File f) { f.leaf_values.push_back(1); },
         "leaf_values: has 5 entries, of which trees need 4");
  refuse([](File f) { f.biases = {0, 0}; }, "there are 1 scores, but 2 base values");
  refuse([](File f) { f.flat_index = 1; }, "two numeric features have the flat index 1");
  refuse([](File f) { f.flat_index = 1 << 30; }, "float feature 0: has flat index 1073741824");
  refuse([](File f) { f.params = "{"; }, "params: cannot be read");
  refuse([](File f) { f.params = R"({"loss_function":{"type":"Poisson"}})"; },
         "the loss function is 'Poisson'");
  // Nodes of a tree that is not symmetric.
  const auto nodes = [](File f) {
    f.splits = {0, 0, 0};
    f.sizes = {3};
    f.steps = {{1, 2}, {0, 0}, {0, 0}};
    f.node_values = {0, 0, 1};
  };
  refuse(
      [&](File f) {
        nodes(f), f.steps[0] = {1, 3};
      },
      "tree 0: node 0 has child 3, but there are 3 nodes");
  refuse(
      [&](File f) {
        nodes(f), f.steps[0] = {1, 1};
      },
      "tree 0: node 0 has child 1, which another path reaches too");
  refuse(
      [&](File f) {
        constexpr std::size_t kNodes = 16'514;  // 254 scores each: 2^22 values, and more
        f.splits.assign(kNodes, 0);
        f.sizes = {kNodes};
        f.steps.assign(kNodes, {0, 0});
        f.node_values.assign(kNodes, 0);
        f.num_scores = 254;
        f.leaf_values.assign(254, 1);
        f.biases.assign(254, 0);
        f.params = R"({"loss_function":{"type":"MultiClass"}})";
      },
      "tree 0: has 16514 nodes of 254 score(s); at most 4194304 values are allowed");
  refuse([&](File f) { nodes(f), f.node_values[2] = 4; },
         "tree 0: node 2 has the value at 4, but there are 4");
  refuse([&](File f) { nodes(f), f.node_values.pop_back(); },
         "steps: has 3 entries, and node_values 2, instead of 3 each");

  const std::string good = WriteCatboost({});
  ExpectRefused(good.substr(0, 6), "does not begin with CBM1 and a length", "a header cut");
  ExpectRefused(good.substr(0, good.size() - 1), "are there: it was cut", "a cut file");
  std::string broken = good;
  broken[8] = '\x7f';
  ExpectRefused(broken, "its FlatBuffer is broken", "an offset beyond the end");
}

TEST(BadModelTest, OnnxIsRefused) {
  const auto refuse = [](const std::function<void(OnnxTree&)>& change, std::string_view problem) {
    OnnxTree tree;
    change(tree);
    ExpectRefused(WriteOnnx(tree), problem, problem);
  };
  using Tree = OnnxTree&;
  refuse([](Tree t) { t.modes[0] = "BRANCH_EQ"; }, "nodes_modes[0]: is 'BRANCH_EQ'");
  refuse([](Tree t) { t.yes[0] = 7; }, "tree 0: node 0 has child 7, which is not there");
  refuse([](Tree t) { t.yes[0] = 0; },
         "tree 0: node 0 has child 0, which another path reaches too");
  refuse([](Tree t) { t.node_ids[2] = 1; }, "nodes_nodeids[2]: tree 0 has node 1 twice");
  refuse([](Tree t) { t.modes.pop_back(); }, "nodes_modes has 2 entries instead of 3");
  refuse([](Tree t) { t.missing = {1}; },
         "nodes_missing_value_tracks_true has 1 entries instead of 3");
  refuse([](Tree t) { t.features[0] = -1; }, "nodes_featureids[0] is -1");
  refuse([](Tree t) { t.features[0] = 4; },
         "nodes_featureids names feature 4, but the input has 4 columns");
  refuse([](Tree t) { t.columns = 1 << 30; }, "input 'rows' has 1073741824 columns");
  refuse([](Tree t) { t.weight_trees[1] = 5; }, "target_treeids[1] is 5, a tree without nodes");
  refuse([](Tree t) { t.weight_nodes[1] = 0; },
         "target_nodeids[1] is 0, which is no leaf of tree 0");
  refuse([](Tree t) { t.weight_ids[1] = 1; }, "target_ids[1] is 1, but there are 1 scores");
  refuse([](Tree t) { t.num_targets = 2; }, "n_targets is 2");
  refuse([](Tree t) { t.more = Text("aggregate_function", "MIN"); }, "aggregate_function is 'MIN'");
  refuse([](Tree t) { t.more = Text("post_transform", "PROBIT"); }, "post_transform is 'PROBIT'");
  refuse([](Tree t) { t.more = Text("nodes_values_as_tensor", ""); },
         "attribute 'nodes_values_as_tensor' of the trees is not supported: trees of doubles");
  refuse(
      [](Tree t) {
        t.more = Floats("base_values", {1, 2});
      },
      "base_values has 2 entries instead of 1");
  refuse([](Tree t) { t.more = Floats("base_values", {1}) + Floats("base_values", {1}); },
         "attribute 'base_values' of the trees is there twice");
  refuse([](Tree t) { t.before = "Scaler"; },
         "its graph has a node Scaler before the trees, which Marquee does not compute");
  refuse([](Tree t) { t.before = "Cast", t.of_before = Integer("to", 6); },
         "its graph has a node Cast before the trees");
  refuse([](Tree t) { t.before = "Cast"; }, "its graph has a node Cast before the trees");
  refuse([](Tree t) { t.behind = "ArrayFeatureExtractor"; },
         "its graph has a node ArrayFeatureExtractor beside or behind the trees");
  refuse([](Tree t) { t.weights[0] = std::numeric_limits<float>::infinity(); },
         "tree 0: node 1 is a leaf of value inf");
  refuse([](Tree t) { t.values[0] = std::numeric_limits<float>::quiet_NaN(); },
         "tree 0: node 0 has a threshold that is no number");
  refuse([](Tree t) { t.domain = "com.me"; },
         "its graph has no node of ai.onnx.ml: TreeEnsembleClassifier, TreeEnsembleRegressor");
  refuse([](Tree t) { t.opset = 6; },
         "imports version 6 of the operators ai.onnx.ml; 1 to 5 are known");
  refuse([](Tree t) { t.of_model = BytesField(25, ""); }, "defines operators of its own");
  refuse(
      [](Tree t) {
        t.weight_trees.push_back(0), t.weight_nodes.push_back(1), t.weight_ids.push_back(0);
        t.weights.push_back(1);
      },
      "target_weights[2]: leaf 1 of tree 0 has two weights for one score");
  refuse(
      [](Tree t) {
        t.weight_trees.pop_back(), t.weight_nodes.pop_back(), t.weight_ids.pop_back();
        t.weights.pop_back();
      },
      "tree 0: node 2 is a leaf that target_weights gives no weight");
  const std::string good = WriteOnnx(OnnxTree());
  ExpectRefused(good.substr(0, good.size() - 1), "was cut: a field is longer than the rest", "cut");
  ExpectRefused(Varint(1 << 3) + Varint(8), "has no graph", "no graph");
  ExpectRefused(Varint(1 << 3) + std::string(11, '\x80'), "a number in it does not end", "varint");
  ExpectRefused(Varint(1 << 3) + Varint(8) + Varint((7 << 3) | 3), "of an unknown type", "a group");
}

TEST(BadModelTest, SetsOfCategoriesAreBoundedInAllTreesTogether) {
  constexpr std::string_view kTooMany = "has sets of too many categories: at most 524288 words";
  std::string set = "1";
  for (int i = 0; i < 524'288; ++i) set += " 0";
  ExpectRefused(LightgbmStump("num_cat=1\nsplit_feature=3\nthreshold=0\ndecision_type=1\n"
                              "cat_boundaries=0 524289\ncat_threshold=" +
                              set),
                std::string("Tree=0: ") + std::string(kTooMany), "one set of LightGBM");

  // Each tree's set alone would fit.
  auto document = nlohmann::json::parse(Fixture(kCategories));
  for (auto& tree : document["learner"]["gradient_booster"]["model"]["trees"]) {
    tree["categories"] = {0, 2, 16'777'215};
  }
  ExpectRefused(document.dump(), "trees[1]: node 2: " + std::string(kTooMany), "XGBoost");
  document = nlohmann::json::parse(Fixture(kForest));
  for (auto& tree : document["trees"]) {
    tree["categories"] = nlohmann::json::array({{16'777'215}});
    tree["categories"].insert(tree["categories"].end(), 6, nullptr);
  }
  ExpectRefused(document.dump(), "trees[1].categories[0]: " + std::string(kTooMany), "an exporter");
}

TEST(BadModelTest, ASetOfCategoriesHasOneSplit) {
  std::string text = LightgbmStump(
      "num_cat=1\nsplit_feature=3 3\nthreshold=0 0\ndecision_type=1 1\ncat_boundaries=0 1\n"
      "cat_threshold=2");
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"num_leaves=2", "num_leaves=3"},
                                                        {"left_child=-1", "left_child=1 -1"},
                                                        {"right_child=-2", "right_child=-2 -3"},
                                                        {"leaf_value=1 2", "leaf_value=1 2 3"}}) {
    text.replace(text.find(from), from.size(), to);
  }
  ExpectRefused(text, "Tree=0: threshold[1] is 0, a category set that another split has",
                "LightGBM");
  auto document = nlohmann::json::parse(Fixture(kCategories));
  auto& tree = document["learner"]["gradient_booster"]["model"]["trees"][0];
  tree["split_type"][2] = 1;
  tree["categories_nodes"] = {1, 2};
  tree["categories_segments"] = {0, 2};
  tree["categories_sizes"] = {3, 1};
  ExpectRefused(document.dump(),
                "trees[0].categories_segments: [1] is 2, where another node's categories are",
                "XGBoost");
}

TEST(BadModelTest, OnnxEnsemblesAreRefused) {
  const auto refuse = [](const std::function<void(OnnxEnsemble&)>& change,
                         std::string_view problem) {
    OnnxEnsemble ensemble;
    change(ensemble);
    ExpectRefused(WriteOnnx(ensemble), problem, problem);
  };
  using Ensemble = OnnxEnsemble&;
  refuse([](Ensemble e) { e.modes[0] = 6; }, "tree 0: nodes_modes[0]: is 'BRANCH_MEMBER'");
  refuse([](Ensemble e) { e.modes[0] = 7; }, "tree 0: nodes_modes[0] is 7");
  refuse([](Ensemble e) { e.modes += '\0'; }, "nodes_modes has 2 entries instead of 1");
  refuse([](Ensemble e) { e.roots = {1}; }, "tree 0: has the node 1, but there are 1");
  refuse([](Ensemble e) { e.roots = {0, 0}; }, "tree 1: node 0 is reached twice");
  refuse([](Ensemble e) { e.roots.clear(); }, "there is no tree");
  refuse([](Ensemble e) { e.no = {2}; }, "tree 0: has the leaf 2, but there are 2");
  refuse([](Ensemble e) { e.no = {0}, e.no_is_leaf = {0}; }, "tree 0: node 0 is reached twice");
  refuse([](Ensemble e) { e.features = {4}; }, "names feature 4, but the input has 4 columns");
  refuse(
      [](Ensemble e) {
        e.targets = {0, 1};
      },
      "tree 0: leaf_targetids[1] is 1, but there are 1 targets");
  refuse([](Ensemble e) { e.num_targets = 0; }, "n_targets is 0; 1 to 254 are allowed");
  refuse([](Ensemble e) { e.num_targets = 3; }, "post_transform is 0 for 3 target(s)");
  refuse([](Ensemble e) { e.more = Integer("aggregate_function", 2); },
         "aggregate_function is 2: only AVERAGE (0) and SUM (1)");
  refuse([](Ensemble e) { e.split_type = 11; }, "a tensor of the trees is of type 11: only floats");
  refuse([](Ensemble e) { e.weights[0] = std::numeric_limits<float>::infinity(); },
         "tree 0: node 1 is a leaf of value inf");
}

TEST(BadModelTest, OnnxClassesThatItsRuntimeDecidesInItsOwnWayAreRefused) {
  const auto file = [](const std::vector<std::int64_t>& labels,
                       const std::vector<std::int64_t>& ids, const std::vector<float>& weights) {
    OnnxTree tree;
    tree.labels = labels;
    tree.weight_trees.assign(ids.size(), 0);
    tree.weight_nodes.clear();
    // The first half is of leaf 1.
    for (std::size_t i = 0; i < ids.size(); ++i) {
      tree.weight_nodes.push_back(i < ids.size() / 2 ? 1 : 2);
    }
    tree.weight_ids = ids;
    tree.weights = weights;
    tree.more = Text("post_transform", "LOGISTIC");
    return WriteOnnx(tree);
  };
  EXPECT_TRUE(ReadForest(file({0, 1}, {1, 1}, {-1, 2})));
  EXPECT_TRUE(ReadForest(file({0, 1, 2}, {0, 1, 2, 0, 1, 2}, {1, 2, 3, 3, 2, 1})));
  ExpectRefused(file({0, 1}, {1, 1}, {1, 2}), "class_weights has none below 0", "a cut at 0.5");
  // As CatBoost writes them.
  EXPECT_TRUE(ReadForest(file({0, 1}, {0, 1, 0, 1}, {1, -1, -2, 2})));
  ExpectRefused(file({0, 1}, {0, 1, 0, 1}, {1, -1, -2, 3}),
                "class_weights of two classes are no opposites", "two scores");
  ExpectRefused(file({0, 1, 2}, {0, 1, 0, 1}, {-1, -2, -3, -1}),
                "class_ids: no tree has a weight for class 2 in each leaf", "a class without");
}

TEST(BadModelTest, LongTextsAreCutOutOfMessages) {
  const std::string key(1'000'000, 'k');
  const std::string text = R"({"learner": {")" + key + R"(": 1}, "version": [3, 0, 0]})";
  const auto forest = ReadForest(text);
  ASSERT_FALSE(forest);
  EXPECT_THAT(forest.error().message(),
              testing::AllOf(testing::StartsWith("learner: has the key 'kkk"),
                             testing::HasSubstr("kkk … kkk"),
                             testing::EndsWith("learner_model_param, objective)")));
  EXPECT_LT(forest.error().message().size(), 4100u);
}

TEST(BadModelTest, MessagesHoldNothingThatActsOnATerminal) {
  ExpectAllRefused({{kMulticlass, "label_index=0", "\x1b[2Jlabel\xc2\x9bindex=0",
                     "header: line 5 has the key '?[2Jlabel\xc2?index'"}});
}

}  // namespace
}  // namespace marquee::model
